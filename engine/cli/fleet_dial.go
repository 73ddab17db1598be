package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/nats"
)

// dialHub connects with the hub of a fleet. The caller must call close.
func dialHub(ctx context.Context, a hubAddress) (hub center.Hub, close func(), err error) {
	creds, err := os.ReadFile(a.creds)
	if err != nil {
		return nil, nil, fmt.Errorf("credentials: %w", err)
	}
	c, err := nats.DialCenter(ctx, nats.Options{URL: a.url, Creds: creds, RootCAs: a.roots, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	return c, c.Close, nil
}
