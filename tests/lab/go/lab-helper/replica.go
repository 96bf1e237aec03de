package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// replicaSpec says what one CoreDNS pod is made of. All paths are of the machine, not of the container.
type replicaSpec struct {
	// Root becomes the container's root folder; it holds etc/coredns, etc/resolv.conf and the service account.
	Root string
	// Coredns is the program. It is bound into the root.
	Coredns string
	// Upstream is the Corefile of the server on 127.0.0.53, which plays the DNS of the VNet and of the world.
	Upstream string
	// API is where the API server listens: host:port of the machine.
	API string
	// Sockets is the folder of the unix sockets api.sock and PORT.sock. They cross network namespaces.
	Sockets string
	// Ports are the container's ports. Each can be reached through PORT.sock, and through a port of the machine.
	Ports []int
	// Machine is the file that says which port of the machine leads to which of the container's.
	Machine string
	// Log is the container's log, in the CRI format.
	Log string
}

// replica runs one CoreDNS pod in a network and a mount namespace of its own.
func replica(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("usage: replica SPEC.json")
	}
	spec, err := readSpec(arguments[0])
	if err != nil {
		return err
	}
	api, err := net.Listen("unix", filepath.Join(spec.Sockets, "api.sock"))
	if err != nil {
		return err
	}
	go relay(api, "tcp", spec.API)
	machine := map[int]int{}
	for _, port := range spec.Ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		machine[port] = listener.Addr().(*net.TCPAddr).Port
		go relay(listener, "unix", filepath.Join(spec.Sockets, strconv.Itoa(port)+".sock"))
	}
	text, err := json.Marshal(machine)
	if err != nil {
		return err
	}
	// A rename, so that nobody reads half of it.
	if err := os.WriteFile(spec.Machine+".new", text, 0o644); err != nil {
		return err
	}
	if err := os.Rename(spec.Machine+".new", spec.Machine); err != nil {
		return err
	}

	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command(self, "inside", arguments[0])
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	attributes := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Unshareflags: 0}
	if os.Geteuid() != 0 {
		attributes.Cloneflags |= syscall.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	child.SysProcAttr = attributes
	if err := child.Start(); err != nil {
		return fmt.Errorf("cannot make a network namespace: %w\nhint: the DNS part of the laboratory needs root, or user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)", err)
	}
	return child.Wait()
}

// inside brings the loopback up, joins the sockets, and keeps both CoreDNS running, as a kubelet does.
func inside(arguments []string) error {
	spec, err := readSpec(arguments[0])
	if err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("cannot bring the loopback up: %w", err)
	}
	// What is mounted here must not be seen outside.
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		return err
	}
	program := filepath.Join(spec.Root, "coredns")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount(spec.Coredns, program, "", syscall.MS_BIND, ""); err != nil {
		return err
	}
	api, err := net.Listen("tcp", "127.0.0.1:443")
	if err != nil {
		return err
	}
	go relay(api, "unix", filepath.Join(spec.Sockets, "api.sock"))
	for _, port := range spec.Ports {
		listener, err := net.Listen("unix", filepath.Join(spec.Sockets, strconv.Itoa(port)+".sock"))
		if err != nil {
			return err
		}
		go relay(listener, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	}

	upstream := exec.Command(spec.Coredns, "-conf", spec.Upstream)
	upstream.Stdout, upstream.Stderr = os.Stdout, os.Stderr
	if err := upstream.Start(); err != nil {
		return err
	}

	log, err := os.OpenFile(spec.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	for wait := time.Second; ; wait = min(2*wait, 10*time.Second) {
		server := exec.Command("/coredns", "-conf", "/etc/coredns/Corefile")
		server.Dir = "/"
		server.Env = []string{"KUBERNETES_SERVICE_HOST=127.0.0.1", "KUBERNETES_SERVICE_PORT=443", "PATH=/"}
		server.SysProcAttr = &syscall.SysProcAttr{Chroot: spec.Root}
		if err := runLogged(server, log); err != nil {
			fmt.Fprintf(os.Stderr, "coredns: %v\n", err)
		}
		time.Sleep(wait) // the kubelet's crash loop back-off, shortened
	}
}

// runLogged runs a program and writes its output as a container runtime does: TIME STREAM F LINE.
func runLogged(command *exec.Cmd, log io.Writer) error {
	stdout, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := command.StderrPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	var lock sync.Mutex
	var copies sync.WaitGroup
	for name, stream := range map[string]io.Reader{"stdout": stdout, "stderr": stderr} {
		copies.Go(func() {
			lines := bufio.NewScanner(stream)
			for lines.Scan() {
				lock.Lock()
				fmt.Fprintf(log, "%s %s F %s\n", time.Now().UTC().Format(time.RFC3339Nano), name, lines.Text())
				lock.Unlock()
			}
		})
	}
	copies.Wait()
	return command.Wait()
}

func readSpec(path string) (*replicaSpec, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	spec := &replicaSpec{}
	return spec, json.Unmarshal(text, spec)
}
