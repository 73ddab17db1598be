package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"moonlark/engine/fleet/nats"
)

const (
	pushTimeout = 20 * time.Second // to give another NATS server the account
	pushPause   = 30 * time.Second // before the next attempt if it could not be reached
)

// updateAccount gives the hub the JWT of the account, which has the rights and the revocations, if the JWT has
// changed.
func (c *centre) updateAccount(ctx context.Context) error {
	account, err := c.Folder.Account()
	if err != nil || account.JWT == c.account {
		return err
	}
	if c.hub != nil {
		err = c.hub.SetAccount(account.JWT)
	} else if time.Now().Before(c.nextPush) {
		return c.pushError
	} else {
		if err = c.push(ctx, account.JWT); err != nil {
			c.pushError, c.nextPush = err, time.Now().Add(pushPause)
		}
	}
	if err == nil {
		c.account = account.JWT
	}
	return err
}

// push gives another NATS server than that of this process the JWT of the account. It logs if the server takes
// none, and then returns no error: another attempt with the same JWT is useless.
func (c *centre) push(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	opts := *c.Connect
	var err error
	if opts.Creds, err = c.Folder.SystemCredentials(); err != nil {
		return err
	}
	err = nats.PushAccount(ctx, opts, token)
	if !errors.Is(err, nats.ErrNoAccounts) {
		return err
	}
	const advice = "write its configuration again with moonlark fleet config, and reload the server"
	if c.account == "" {
		c.Log.Warn(fmt.Sprintf("%v. After each change of members, %s", err, advice))
	} else {
		c.Log.Error(fmt.Sprintf("%v: a revocation has no effect yet: %s", err, advice))
	}
	return nil
}
