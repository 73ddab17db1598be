//go:build !nohub

package hub

import (
	"errors"
	"fmt"

	"github.com/nats-io/jwt/v2"
)

// A trust decides which accounts the hub has.
type trust struct {
	operator      *jwt.OperatorClaims
	system, fleet string // the public keys of the accounts
}

// newTrust checks the JWTs of the operator and of both accounts.
func newTrust(o Options) (t trust, err error) {
	operator, err := jwt.DecodeOperatorClaims(o.OperatorJWT)
	if err == nil {
		err = valid(operator)
	}
	if err != nil {
		return t, fmt.Errorf("JWT of the operator: %w", err)
	}
	t = trust{operator: operator, system: o.System.Public, fleet: o.Fleet.Public}
	if operator.SystemAccount != "" && operator.SystemAccount != t.system {
		return t, fmt.Errorf("JWT of the operator: its system account is %s, and not %s", operator.SystemAccount, t.system)
	}
	if t.system == t.fleet {
		return t, errors.New("the system account must not be that of the fleet")
	}
	for _, account := range []Account{o.System, o.Fleet} {
		claims, err := t.account(account.JWT)
		if err == nil && claims.Subject != account.Public {
			err = fmt.Errorf("account %s: its JWT is that of account %s", account.Public, claims.Subject)
		}
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// account decodes a JWT of the fleet's account or of the system account, and checks that the operator has signed it.
func (t trust) account(token string) (*jwt.AccountClaims, error) {
	claims, err := jwt.DecodeAccountClaims(token)
	if err != nil {
		return nil, fmt.Errorf("JWT of an account: %w", err)
	}
	switch {
	case claims.Subject != t.system && claims.Subject != t.fleet:
		err = errors.New("this hub does not have it")
	case !t.operator.DidSign(claims):
		err = fmt.Errorf("its JWT is signed by %s, and not by operator %s", claims.Issuer, t.operator.Subject)
	case claims.Subject == t.fleet && !claims.Limits.IsJSEnabled():
		err = errors.New("its JWT does not allow JetStream")
	case claims.Subject == t.system && claims.Limits.IsJSEnabled():
		err = errors.New("it is the system account, so its JWT must not allow JetStream")
	default:
		err = valid(claims)
	}
	if err != nil {
		return nil, fmt.Errorf("account %.60s: %w", claims.Subject, err)
	}
	return claims, nil
}

// operators returns the operators for the options of the server.
func (t trust) operators() []*jwt.OperatorClaims { return []*jwt.OperatorClaims{t.operator} }

// valid returns the first fault that makes the claims useless, such as that they have expired.
func valid(claims jwt.Claims) error {
	faults := jwt.CreateValidationResults()
	claims.Validate(faults)
	for _, fault := range faults.Issues {
		if fault.Blocking || fault.TimeCheck {
			return fault
		}
	}
	return nil
}
