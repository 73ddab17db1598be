package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
)

// accountSubject is where a server in operator mode that keeps JWTs itself takes new ones.
const accountSubject = "$SYS.REQ.CLAIMS.UPDATE"

// ErrNoAccounts is the error of PushAccount if the hub does not take JWTs of accounts: it has no operator mode, or
// it reads the JWTs elsewhere. Then another attempt is useless.
var ErrNoAccounts = errors.New("the hub does not take the account of the fleet")

// PushAccount gives the hub the JWT of the account of the fleet, which has the rights and the revocations. It
// connects with o.Creds, which must be credentials for the system account of the hub, and ends the connection.
func PushAccount(ctx context.Context, o Options, token string) error {
	hubs, err := o.hubs()
	if err != nil {
		return err
	}
	creds, err := parseCredentials(o.Creds)
	if err != nil {
		return err
	}
	l := newLink(o, hubs, creds.logins(), creds.name)
	l.connectedLevel, l.lostLevel = slog.LevelDebug, slog.LevelDebug // the caller gets the error
	if err := l.startAndWait(ctx); errors.Is(err, ErrRefused) {
		return fmt.Errorf("%w: %w", ErrNoAccounts, err)
	} else if err != nil {
		return err
	}
	defer l.close()
	m := nats.NewMsg(accountSubject)
	m.Data = []byte(token)
	reply, err := l.request(ctx, m)
	if errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("%w: it keeps no JWTs itself", ErrNoAccounts)
	} else if err != nil {
		return err
	}
	var answer struct {
		Data struct {
			Code int `json:"code"`
		} `json:"data"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil || answer.Data.Code != 200 {
		return fmt.Errorf("%w: %.300q", ErrNoAccounts, reply.Data)
	}
	return nil
}
