package main

import (
	"encoding/binary"
	"errors"
	"net"
	"syscall"
)

// loopbackUp does what `ip link set lo up` does, in one netlink message.
func loopbackUp() error {
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)

	message := make([]byte, syscall.SizeofNlMsghdr+syscall.SizeofIfInfomsg)
	order := binary.NativeEndian
	order.PutUint32(message[0:], uint32(len(message)))
	order.PutUint16(message[4:], syscall.RTM_NEWLINK)
	order.PutUint16(message[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	order.PutUint32(message[8:], 1)
	information := message[syscall.SizeofNlMsghdr:]
	order.PutUint32(information[4:], uint32(loopback.Index))
	order.PutUint32(information[8:], syscall.IFF_UP)
	order.PutUint32(information[12:], syscall.IFF_UP)
	if err := syscall.Sendto(socket, message, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	count, _, err := syscall.Recvfrom(socket, answer, 0)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseNetlinkMessage(answer[:count])
	if err != nil {
		return err
	}
	for _, one := range messages {
		if one.Header.Type == syscall.NLMSG_ERROR && len(one.Data) >= 4 {
			if code := int32(order.Uint32(one.Data)); code != 0 {
				return syscall.Errno(-code)
			}
			return nil
		}
	}
	return errors.New("the kernel did not answer")
}
