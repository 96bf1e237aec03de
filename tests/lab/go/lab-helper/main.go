// Helper is the laboratory's own small program: what a test process cannot do itself, because it is not a program
// that can be started again (a test harness), or because it may be gone (SIGKILL).
//
// It uses nothing but the standard library, so it builds in seconds.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	name := filepath.Base(os.Args[0])
	arguments := os.Args[1:]
	if name == "lab-helper" && len(arguments) > 0 {
		name, arguments = arguments[0], arguments[1:]
	}
	commands := map[string]func([]string) error{
		"supervise":  supervise,  // ends everything when the test process ends
		"replica":    replica,    // one CoreDNS pod: namespaces, relays, programs
		"inside":     inside,     // the part of replica that runs in the namespaces
		"gatekeeper": gatekeeper, // an admission webhook that denies what it is told to
		"nslookup":   nslookup,   // the container's program of that name
	}
	command, known := commands[name]
	if !known {
		fmt.Fprintf(os.Stderr, "error: no command %q\n", name)
		os.Exit(2)
	}
	if err := command(arguments); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}
