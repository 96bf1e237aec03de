package main

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// supervise waits until its standard input closes, which happens however the process that holds the other end dies,
// then kills every process of its own process group and removes the folder.
//
// PR_SET_PDEATHSIG would not do: it fires when the parent thread ends, and test harnesses run each test in a thread.
func supervise(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("usage: supervise FOLDER")
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	_, _ = io.Copy(io.Discard, os.Stdin)
	group := syscall.Getpgrp()
	// A process may be starting another one while we look, so look until nobody is left.
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		others := members(group)
		if len(others) == 0 {
			break
		}
		for _, pid := range others {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return os.RemoveAll(arguments[0])
}

// members returns the living processes of a group, without the caller.
func members(group int) []int {
	var found []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		// The name, in parentheses, may hold anything; the fields that follow it are: state, parent, group.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) > 2 && fields[2] == strconv.Itoa(group) && fields[0] != "Z" {
			found = append(found, pid)
		}
	}
	return found
}
