package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/nats-io/jwt/v2"

	"moonlark/engine/durable"
)

// OwnCredentials returns the path of a file with credentials for the owner of the folder: for the role
// Hub or Operator. It makes the file if there is none, or if its credentials were revoked. Their name is the
// role.
func (f *Folder) OwnCredentials(role Role) (path string, err error) {
	if role != Hub && role != Operator {
		return "", errors.New("the owner of a fleet is its hub or an operator")
	}
	unlock, err := f.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	name := string(role)
	path = f.path(name + ".creds")
	c, err := ReadCreds(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	records, err := f.records()
	if err != nil {
		return "", err
	}
	if old, ok := records[name]; ok && old.Revoked.IsZero() {
		if old.PublicKey == c.PublicKey {
			return path, nil
		}
		if old.Role != role {
			return "", fmt.Errorf("the %s %s has the name of the owner: revoke it, and give it another name", old.Role, name)
		}
		if err := f.revoke(name); err != nil { // the file is lost
			return "", err
		}
	}
	creds, err := f.credentials(role, name, nil)
	if err != nil {
		return "", err
	}
	return path, durable.Replace(path, creds)
}

// SystemCredentials returns the content of a file with credentials for the system account, which are
// valid for an hour. With them, a program can give the JWT of the fleet's account to a server that keeps
// JWTs itself.
func (f *Folder) SystemCredentials() ([]byte, error) {
	seed, public, err := NewKey()
	if err != nil {
		return nil, err
	}
	claims := jwt.NewUserClaims(public)
	claims.Name = "moonlark"
	claims.Pub.Allow.Add("$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.ACCOUNT."+f.id+".CLAIMS.UPDATE")
	claims.Sub.Allow.Add(InboxPrefix(claims.Name) + ".>")
	claims.Expires = time.Now().Add(time.Hour).Unix()
	token, err := claims.Encode(f.system.key)
	if err != nil {
		return nil, err
	}
	return jwt.FormatUserConfig(token, seed)
}
