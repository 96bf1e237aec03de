package main

import (
	"io"
	"net"
)

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
