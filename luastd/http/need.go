package http

import (
	"slices"

	"moonlark/engine/permit"
)

// need returns the error of a request by function to the URL target, if b lacks the permission to
// connect to its host: see luastd.Module.Need.
func need(b *permit.Broker, function, target string, known bool) error {
	asks := slices.ContainsFunc(verbs, func(v verb) bool { return v.name == function }) || function == "download" || function == "client"
	switch {
	case function == "serve":
		return b.CheckAnyListen()
	case !asks:
		return nil
	case !known || function == "request" || function == "client": // their first argument is not the URL
		return b.CheckAnyHost()
	}
	u, err := parseURL(target)
	if err != nil {
		return nil // the call raises an error that says more
	}
	return checkTarget(b, u)
}
