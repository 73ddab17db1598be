package loopback

import "testing"

func TestOnlyThisMachineIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost":          true,
		"LocalHost":          true,
		"localhost.":         true,
		"app.localhost":      true,
		"127.0.0.1":          true,
		"127.8.9.10":         true,
		"::1":                true,
		"[::1]":              true,
		"::ffff:127.0.0.1":   true,
		"":                   false, // listeners take an empty host for all interfaces
		"0.0.0.0":            false,
		"::":                 false,
		"192.168.1.5":        false,
		"::ffff:192.168.1.5": false,
		"notlocalhost":       false,
		"localhost.evil.com": false,
		"127.0.0.1.evil.com": false,
		// some resolvers accept 127.0.0.1 written as a number; Host must not
		"2130706433": false,
		"0x7f.1":     false,
		".":          false,
	} {
		if got := Host(host); got != want {
			t.Errorf("Host(%q) = %v, want %v", host, got, want)
		}
	}
}

func TestHostPortIgnoresThePort(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8080":   true,
		"[::1]:8080":       true,
		"::1":              true,
		"localhost":        true,
		"localhost:80":     true,
		":8080":            false,
		"0.0.0.0:8080":     false,
		"example.com:8080": false,
	} {
		if got := HostPort(address); got != want {
			t.Errorf("HostPort(%q) = %v, want %v", address, got, want)
		}
	}
}
