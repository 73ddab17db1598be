package mqtt

import (
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
)

// ownID returns the client id for a script that sets none. It is the same after each start of the
// program, and differs between machines, scripts and the clients of a script for one broker.
func (m *module) ownID(host string) string {
	machine, _ := os.Hostname()
	b := m.rt.Permit()
	name := strings.TrimSuffix(filepath.Base(b.DataPath()), ".lua")
	sum := sha256.Sum256([]byte(machine + "\x00" + hardwareAddress() + "\x00" + b.DataPath() + "\x00" + m.rt.Folder()))
	id := fmt.Sprintf("moonlark-%s-%s-%x", topicName(machine), topicName(name), sum[:4])
	m.unnamed[host]++
	if n := m.unnamed[host]; n > 1 {
		id = fmt.Sprintf("%s-%d", id, n)
	}
	return id
}

// hardwareAddress returns the address of the first network interface that has one of its own, since
// machines with copies of one disk have the same name.
func hardwareAddress() string {
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		if len(i.HardwareAddr) == 6 && i.HardwareAddr[0]&2 == 0 { // the second bit: made by software
			return i.HardwareAddr.String()
		}
	}
	return ""
}

// topicName returns name in small letters, with "_" for all characters except letters, digits, "-"
// and "_". It has at most 40 bytes.
func topicName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789_-", r) {
			return r
		}
		return '_'
	}, strings.ToLower(name))
	return name[:min(len(name), 40)]
}

// clientIDs has the clients of all scripts of this process, by the host of the broker and the client
// id. A broker ends the connection of a client when another client with the same id connects. So two
// clients with one id would end each other's connections for ever, and the second one must wait until
// the first one has ended.
var clientIDs = idTable{clients: make(map[string]*mqttclient.Client)}

type idTable struct {
	mu      sync.Mutex
	clients map[string]*mqttclient.Client
}

// open returns a new client, which connects when an earlier one with the same id has ended. It
// returns an error if that one is in use.
func (t *idTable) open(o mqttclient.Options) (*mqttclient.Client, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := o.Host + " " + o.ClientID
	if before := t.clients[key]; before != nil {
		if !before.Stopped() {
			return nil, sockets.Fail("busy", "the client id %s is in use by another client of this program", o.ClientID)
		}
		o.After = before.Done()
	}
	c := mqttclient.New(o)
	t.clients[key] = c
	return c, nil
}

// forget removes c, which has ended.
func (t *idTable) forget(c *mqttclient.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, other := range t.clients {
		if other == c {
			delete(t.clients, key)
		}
	}
}
