package cli

import (
	"context"
	"fmt"
	"log/slog"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/nats"
)

// dialHub connects with the hub of a fleet. The caller must call close.
func dialHub(ctx context.Context, a hubAddress, log *slog.Logger) (hub center.Hub, close func(), err error) {
	creds, err := readHubFile(a.creds)
	if err != nil {
		return nil, nil, err
	}
	c, err := nats.DialCenter(ctx, nats.Options{URL: a.url, Creds: creds, RootCAs: a.roots, Log: log})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", a.url, err)
	}
	return c, c.Close, nil
}
