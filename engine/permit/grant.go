// Package permit decides what a script may reach outside of the process: hosts, ports, files,
// programs and environment variables. A script may reach only what a person has granted, on the
// command line or in moonlark.toml, and the data of its own.
//
// A [Broker] has the permissions of one script. The modules of luastd reach out only through it:
// the broker hands them connections, folders and the paths of programs. It checks a permission
// where the thing happens, which is at the address that is dialled, the file that is opened, or the
// program that is started. A name that was checked before could stand for something else by then.
package permit

import (
	"fmt"
	"slices"
)

// A Kind is a kind of permission. It is the name of a flag without --allow-.
type Kind string

const (
	Net    Kind = "net"    // connect to hosts
	Listen Kind = "listen" // accept connections
	Read   Kind = "read"   // read files below a folder
	Write  Kind = "write"  // read and write files below a folder
	Run    Kind = "run"    // run programs
	Env    Kind = "env"    // read environment variables
	GPIO   Kind = "gpio"   // use pins of the device
	I2C    Kind = "i2c"    // use devices at an I2C bus
	SPI    Kind = "spi"    // use devices at an SPI bus
	Serial Kind = "serial" // use serial ports
	Keys   Kind = "keys"   // see the keys of keyboards, remote controls and scanners
	Mic    Kind = "mic"    // record sound
	Sys    Kind = "sys"    // identify and control the machine
)

// Kinds are all kinds, in the order in which they are shown.
var Kinds = []Kind{Net, Listen, Read, Write, Run, Env, GPIO, I2C, SPI, Serial, Keys, Mic, Sys}

// A Grant is one permission that a person has given to scripts.
type Grant struct {
	Kind  Kind
	Value string // what is granted, in the form of the flag; "" grants everything of the kind
	// Script is the name of the script that has the permission, without .lua; "" stands for all
	// scripts.
	Script string
	Source string // where a person has written it: "the command line", or a file and line
}

// String returns the grant as a flag, such as --allow-net=api.example.com.
func (g Grant) String() string { return flag(g.Kind, g.Value) }

// Describe returns a line for the log that says what is granted, to whom and where.
func (g Grant) Describe() string {
	text := "permission: " + g.String()
	if g.Script != "" {
		text += " for " + g.Script + ".lua"
	}
	return text + ", from " + g.Source
}

func flag(kind Kind, value string) string {
	if value == "" {
		return "--allow-" + string(kind)
	}
	return "--allow-" + string(kind) + "=" + value
}

// All returns the grants of everything.
func All(source string) []Grant {
	var all []Grant
	for _, kind := range Kinds {
		all = append(all, Grant{Kind: kind, Source: source})
	}
	return all
}

// Check returns an error if the value of a grant, or of a host in denyNet, is not in the form of
// its flag.
func Check(grants []Grant, denyNet []string) error {
	for _, g := range grants {
		if err := g.check(); err != nil {
			return fmt.Errorf("%s: %w", g, err)
		}
	}
	for _, host := range denyNet {
		if _, err := parseHostRule(host); err != nil {
			return fmt.Errorf("--deny-net=%s: %w", host, err)
		}
	}
	return nil
}

func (g Grant) check() error {
	switch {
	case !slices.Contains(Kinds, g.Kind):
		return fmt.Errorf("there is no permission of this kind")
	case g.Value == "":
		return nil
	case g.Kind == Net:
		_, err := parseHostRule(g.Value)
		return err
	case g.Kind == Listen:
		_, err := parseListenRule(g.Value)
		return err
	case g.Kind == Env:
		return checkVariable(g.Value)
	case g.Kind.isDevice():
		return checkDevice(g.Value)
	}
	return nil
}
