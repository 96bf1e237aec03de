package main

import (
	"errors"
	"io"
	"net"
	"os"
)

// stdio joins standard input and output with a unix socket. A port-forward is such a pair of streams.
func stdio(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("usage: stdio SOCKET")
	}
	peer, err := net.Dial("unix", arguments[0])
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(peer, os.Stdin)
		_ = peer.(*net.UnixConn).CloseWrite()
	}()
	_, err = io.Copy(os.Stdout, peer)
	return err
}

// relay accepts connections for ever and joins each with a new connection to the target.
func relay(listener net.Listener, network, target string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			server, err := net.Dial(network, target)
			if err != nil {
				return
			}
			defer server.Close()
			go func() {
				_, _ = io.Copy(server, client)
				if half, can := server.(interface{ CloseWrite() error }); can {
					_ = half.CloseWrite()
				}
			}()
			_, _ = io.Copy(client, server)
		}()
	}
}
