package identity

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"moonlark/engine/durable"
	"moonlark/engine/fleet/bundle"
)

// The names in a folder. There are also a file role-ROLE.nk with the signing key of each role, and the
// sets of keys of bundles: see keys.go.
const (
	fleetFile       = "fleet.json"
	operatorName    = "operator" // .nk and .jwt; the operator of NATS, who signs the accounts
	systemName      = "system"   // .nk and .jwt; the account in which the server reports about itself
	accountName     = "account"  // .nk and .jwt; the account of the fleet
	devicesFile     = "devices.json"
	invitationsFile = "invitations.json"
)

const folderFormat = "moonlark fleet 1"

// A Folder holds the keys of a fleet. Whoever can read the folder can do everything in the fleet, except
// publish bundles: those are signed with other keys.
type Folder struct {
	dir      string           // fixed
	fleet    string           // fixed
	operator signer           // fixed
	system   signer           // fixed
	account  nkeys.KeyPair    // fixed; its JWT changes with each revocation, and is read when it is needed
	id       string           // fixed; public key of account
	roles    map[Role]roleKey // fixed
}

// A signer is a key with the JWT that says whose it is.
type signer struct {
	key nkeys.KeyPair
	Account
}

// A roleKey is a key that signs the credentials of a role.
type roleKey struct {
	key    nkeys.KeyPair
	public string
}

// An Account is an account of the NATS server.
type Account struct {
	PublicKey string
	JWT       string
}

// folderInfo is the content of fleetFile.
type folderInfo struct {
	Format string `json:"format"`
	Fleet  string `json:"fleet"`
}

// Init makes new keys for a fleet, in a folder that does not exist yet.
func Init(dir, fleet string) (*Folder, error) {
	if err := bundle.CheckName(fleet); err != nil {
		return nil, fmt.Errorf("fleet %w", err)
	}
	dir = filepath.Clean(dir)
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return nil, &fs.PathError{Op: "make", Path: dir, Err: err}
	}
	temp := filepath.Join(filepath.Dir(dir), ".new-"+rand.Text())
	if err := os.Mkdir(temp, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp) // does nothing after the rename
	files, err := newFiles(fleet)
	if err != nil {
		return nil, err
	}
	for name, content := range files {
		if err := durable.Replace(filepath.Join(temp, name), content); err != nil {
			return nil, err
		}
	}
	if err := writeJSON(filepath.Join(temp, fleetFile), folderInfo{folderFormat, fleet}); err != nil {
		return nil, err
	}
	if err := os.Rename(temp, dir); err != nil {
		return nil, err
	}
	if err := durable.SyncFolder(filepath.Dir(dir)); err != nil {
		return nil, err
	}
	return Open(dir)
}

// newFiles returns the files with the new keys of a fleet, by name.
func newFiles(fleet string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	newKey := func(name string, create func() (nkeys.KeyPair, error)) (key nkeys.KeyPair, public string, err error) {
		if key, err = create(); err != nil {
			return nil, "", err
		}
		if public, err = key.PublicKey(); err != nil {
			return nil, "", err
		}
		files[name+".nk"], err = key.Seed()
		return key, public, err
	}
	operator, operatorID, err := newKey(operatorName, nkeys.CreateOperator)
	if err != nil {
		return nil, err
	}
	_, systemID, err := newKey(systemName, nkeys.CreateAccount)
	if err != nil {
		return nil, err
	}
	_, accountID, err := newKey(accountName, nkeys.CreateAccount)
	if err != nil {
		return nil, err
	}
	system := jwt.NewAccountClaims(systemID)
	system.Name = "system"
	account := jwt.NewAccountClaims(accountID)
	account.Name = fleet
	const unlimited = jwt.NoLimit
	account.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: unlimited, DiskStorage: unlimited, Streams: unlimited, Consumer: unlimited, MaxAckPending: unlimited}
	for _, role := range roles {
		_, public, err := newKey(roleFile(role), nkeys.CreateAccount)
		if err != nil {
			return nil, err
		}
		if hasScope(role) {
			account.SigningKeys.AddScopedSigner(scope(role, public))
		} else {
			account.SigningKeys.Add(public)
		}
	}
	self := jwt.NewOperatorClaims(operatorID)
	self.Name, self.SystemAccount = fleet, systemID
	for name, claims := range map[string]jwt.Claims{operatorName: self, systemName: system, accountName: account} {
		text, err := claims.Encode(operator)
		if err != nil {
			return nil, err
		}
		files[name+".jwt"] = []byte(text)
	}
	return files, nil
}

// roleFile returns the name of the file of a signing key, without its extension.
func roleFile(role Role) string { return "role-" + string(role) }

// Open opens the folder of a fleet. The error names the file that is missing or damaged.
func Open(dir string) (*Folder, error) {
	f := &Folder{dir: dir, roles: make(map[Role]roleKey)}
	var info folderInfo
	if _, err := os.Stat(f.path(fleetFile)); err != nil {
		return nil, err
	}
	if err := readJSON(f.path(fleetFile), &info); err != nil {
		return nil, err
	}
	if info.Format != folderFormat {
		return nil, fmt.Errorf("%s: format %.40q: only %q is known", f.path(fleetFile), info.Format, folderFormat)
	}
	if err := bundle.CheckName(info.Fleet); err != nil {
		return nil, fmt.Errorf("%s: fleet %w", f.path(fleetFile), err)
	}
	f.fleet = info.Fleet
	if err := f.readKeys(); err != nil {
		return nil, err
	}
	_, err := f.claims()
	return f, err
}

// readKeys reads all keys, and the JWTs that do not change.
func (f *Folder) readKeys() (err error) {
	if f.operator.key, f.operator.PublicKey, err = f.readKey(operatorName, nkeys.PrefixByteOperator); err != nil {
		return err
	}
	if f.operator.JWT, err = f.readJWT(operatorName, f.operator.PublicKey); err != nil {
		return err
	}
	if f.system.key, f.system.PublicKey, err = f.readKey(systemName, nkeys.PrefixByteAccount); err != nil {
		return err
	}
	if f.system.JWT, err = f.readJWT(systemName, f.system.PublicKey); err != nil {
		return err
	}
	if f.account, f.id, err = f.readKey(accountName, nkeys.PrefixByteAccount); err != nil {
		return err
	}
	for _, role := range roles {
		var k roleKey
		if k.key, k.public, err = f.readKey(roleFile(role), nkeys.PrefixByteAccount); err != nil {
			return err
		}
		f.roles[role] = k
	}
	return nil
}

func (f *Folder) path(name string) string { return filepath.Join(f.dir, name) }

// readKey reads the file of a key of this kind.
func (f *Folder) readKey(name string, kind nkeys.PrefixByte) (key nkeys.KeyPair, public string, err error) {
	path := f.path(name + ".nk")
	text, err := readFile(path, maxKeyFile)
	if err != nil {
		return nil, "", err
	}
	if key, err = nkeys.FromSeed(bytes.TrimSpace(text)); err == nil {
		public, err = key.PublicKey()
	}
	if err == nil && nkeys.Prefix(public) != kind {
		err = fmt.Errorf("it is the key of the kind %v", nkeys.Prefix(public))
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s is damaged: %w", path, err)
	}
	return key, public, nil
}

// readJWT reads the JWT of a key, which the operator has signed.
func (f *Folder) readJWT(name, subject string) (string, error) {
	path := f.path(name + ".jwt")
	text, err := readFile(path, maxListFile)
	if err != nil {
		return "", err
	}
	text = bytes.TrimSpace(text)
	claims, err := jwt.Decode(string(text))
	if err != nil {
		return "", fmt.Errorf("%s is damaged: %w", path, err)
	}
	if c := claims.Claims(); c.Subject != subject || c.Issuer != f.operator.PublicKey {
		return "", fmt.Errorf("%s does not fit the keys %s.nk and %s.nk", path, name, operatorName)
	}
	return string(text), nil
}

// Fleet returns the name of the fleet.
func (f *Folder) Fleet() string { return f.fleet }

// OperatorJWT returns the JWT of the operator of the fleet's NATS server, which trusts all that the
// operator signs.
func (f *Folder) OperatorJWT() string { return f.operator.JWT }

// SystemAccount returns the account in which the server reports about itself.
func (f *Folder) SystemAccount() Account { return f.system.Account }

// Account returns the account of the fleet as it is now. Its JWT changes with each revocation; the
// server must then get the new one.
func (f *Folder) Account() (Account, error) {
	text, err := f.readJWT(accountName, f.id)
	return Account{PublicKey: f.id, JWT: text}, err
}

// claims returns what the JWT of the account says now.
func (f *Folder) claims() (*jwt.AccountClaims, error) {
	account, err := f.Account()
	if err != nil {
		return nil, err
	}
	claims, err := jwt.DecodeAccountClaims(account.JWT)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", f.path(accountName+".jwt"), err)
	}
	for role, key := range f.roles {
		if s, ok := claims.SigningKeys.GetScope(key.public); !ok || hasScope(role) != (s != nil) {
			return nil, fmt.Errorf("%s.jwt does not fit the key %s.nk", f.path(accountName), roleFile(role))
		}
	}
	return claims, nil
}

// signAccount changes the JWT of the account. The folder must be locked.
func (f *Folder) signAccount(claims *jwt.AccountClaims) error {
	text, err := claims.Encode(f.operator.key)
	if err != nil {
		return err
	}
	return durable.Replace(f.path(accountName+".jwt"), []byte(text))
}

// UpdateRights gives all roles the rights of this version of Moonlark, and reports whether an older
// version had given them others. Then the server must get the new JWT of the account. The credentials
// stay valid. Workers and hosts keep the rights with which their credentials were issued.
func (f *Folder) UpdateRights() (changed bool, err error) {
	unlock, err := f.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	claims, err := f.claims()
	if err != nil {
		return false, err
	}
	for role, key := range f.roles {
		if !hasScope(role) {
			continue
		}
		now := scope(role, key.public)
		if !sameJSON(claims.SigningKeys[key.public], now) {
			claims.SigningKeys.AddScopedSigner(now)
			changed = true
		}
	}
	if !changed {
		return false, nil
	}
	return true, f.signAccount(claims)
}

// sameJSON reports whether two values have the same JSON.
func sameJSON(a, b any) bool {
	first, err := json.Marshal(a)
	second, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(first, second)
}
