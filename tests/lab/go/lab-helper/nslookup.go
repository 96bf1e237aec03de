package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// onlyConn hides that a unix socket could be a packet connection: the resolver must speak DNS over TCP to it.
type onlyConn struct{ net.Conn }

// nslookup asks a CoreDNS replica and prints what bind's nslookup prints, as the container's program does.
//
// LAB_DNS_SOCKET leads to the replica, LAB_DNS_ADDRESS is the address that the container believes it asks.
func nslookup(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("usage: nslookup NAME")
	}
	name, address := arguments[0], os.Getenv("LAB_DNS_ADDRESS")
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		connection, err := dialer.DialContext(ctx, "unix", os.Getenv("LAB_DNS_SOCKET"))
		if err != nil {
			return nil, err
		}
		return onlyConn{connection}, nil
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	found, err := resolver.LookupNetIP(ctx, "ip", strings.TrimSuffix(name, ".")+".")
	var failure *net.DNSError
	if errors.As(err, &failure) && !failure.IsNotFound {
		fmt.Printf(";; connection timed out; no servers could be reached\n\n")
		os.Exit(1)
	}
	fmt.Printf("Server:\t\t%s\nAddress:\t%s#53\n\n", address, address)
	if len(found) == 0 {
		fmt.Printf("** server can't find %s: NXDOMAIN\n\n", name)
		os.Exit(1)
	}
	for _, one := range found {
		fmt.Printf("Name:\t%s\nAddress: %s\n", name, one.Unmap())
	}
	fmt.Println()
	return nil
}
