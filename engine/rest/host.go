package rest

import (
	"fmt"
	"slices"
	"strings"
)

// DefaultHost is the API for agents that live nowhere in particular.
const DefaultHost = "api.elevenlabs.io"

// regions are where an account, and what is in it, can live.
var regions = []struct{ name, host string }{
	{"us", "api.us.elevenlabs.io"},
	{"eu", "api.eu.residency.elevenlabs.io"},
	{"in", "api.in.residency.elevenlabs.io"},
	{"sg", "api.sg.residency.elevenlabs.io"},
}

// Regions are the names that Host knows. The slice is the caller's.
func Regions() []string {
	var names []string
	for _, r := range regions {
		names = append(names, r.name)
	}
	return names
}

// Host is where the API of a region is, for REST and WebSocket alike. An empty
// region is DefaultHost.
func Host(region string) (string, error) {
	if region == "" {
		return DefaultHost, nil
	}
	for _, r := range regions {
		if r.name == region {
			return r.host, nil
		}
	}
	return "", fmt.Errorf("no region %q: there are %s", region, strings.Join(slices.Sorted(slices.Values(Regions())), ", "))
}
