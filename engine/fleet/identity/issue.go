package identity

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// validYears is how long credentials are valid. A device may be away for years; revoke its credentials
// instead.
const validYears = 10

// The prefixes of the tags in credentials.
const (
	fleetTag = "fleet:"
	roleTag  = "role:"
	groupTag = "group:"
)

// A Member is somebody who has credentials.
type Member struct {
	Name      string    `json:"name"`
	Role      Role      `json:"role"`
	Groups    []string  `json:"groups,omitempty"`
	PublicKey string    `json:"key"`
	Issued    time.Time `json:"issued"`
	Revoked   time.Time `json:"revoked,omitzero"` // zero if the credentials are valid
}

// A record is what a folder keeps of a member.
type record struct {
	Member
	JWT string `json:"jwt"`
}

// errTaken is the error of issue if the name has other credentials that are valid.
var errTaken = errors.New("the name is taken")

// Devices returns all to whom the folder has issued credentials, by name: not only devices. Of each
// name, it returns the newest.
func (f *Folder) Devices() ([]Member, error) {
	records, err := f.records()
	if err != nil {
		return nil, err
	}
	var all []Member
	for _, r := range records {
		all = append(all, r.Member)
	}
	slices.SortFunc(all, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// records returns the members by name.
func (f *Folder) records() (map[string]record, error) {
	var list []record
	if err := readJSON(f.path(devicesFile), &list); err != nil {
		return nil, err
	}
	records := make(map[string]record)
	for _, r := range list {
		if CheckName(r.Name) != nil || checkGroups(r.Groups) != nil || !nkeys.IsValidPublicUserKey(r.PublicKey) {
			return nil, fmt.Errorf("%s is damaged: the device %.80q", f.path(devicesFile), r.Name)
		}
		records[r.Name] = r
	}
	return records, nil
}

func (f *Folder) writeRecords(records map[string]record) error {
	list := slices.SortedFunc(maps.Values(records), func(a, b record) int { return cmp.Compare(a.Name, b.Name) })
	return writeJSON(f.path(devicesFile), list)
}

// Credentials makes a new key, and returns the content of a file with the key and a JWT for it, as
// clients of NATS read it. Whoever has the file has the role. The order of the groups is that in which
// their wishes count.
func (f *Folder) Credentials(role Role, name string, groups []string) ([]byte, error) {
	if err := checkMember(name); err != nil {
		return nil, err
	}
	unlock, err := f.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	return f.credentials(role, name, groups)
}

// credentials is Credentials for a folder that is locked.
func (f *Folder) credentials(role Role, name string, groups []string) ([]byte, error) {
	seed, public, err := NewKey()
	if err != nil {
		return nil, err
	}
	token, err := f.issue(role, name, groups, public)
	if err != nil {
		return nil, err
	}
	return jwt.FormatUserConfig(token, seed)
}

// Issue returns a JWT for a public key. If the same was issued before, Issue returns the same JWT. It
// returns an error if the name has valid credentials with another key, another role or other groups:
// revoke them first.
func (f *Folder) Issue(role Role, name string, groups []string, publicKey string) (string, error) {
	if err := checkMember(name); err != nil {
		return "", err
	}
	unlock, err := f.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	return f.issue(role, name, groups, publicKey)
}

// issue is Issue for a folder that is locked.
func (f *Folder) issue(role Role, name string, groups []string, publicKey string) (string, error) {
	if err := errors.Join(checkRole(role), CheckName(name), checkGroups(groups)); err != nil {
		return "", err
	}
	if !nkeys.IsValidPublicUserKey(publicKey) {
		return "", fmt.Errorf("%.80q is not the public key of a user", publicKey)
	}
	records, err := f.records()
	if err != nil {
		return "", err
	}
	if old, ok := records[name]; ok && old.Revoked.IsZero() {
		if old.PublicKey == publicKey && old.Role == role && slices.Equal(old.Groups, groups) {
			return old.JWT, nil
		}
		return "", fmt.Errorf("%s: %w: revoke it first", name, errTaken)
	}
	for _, other := range records {
		if other.PublicKey == publicKey && other.Name != name && other.Revoked.IsZero() {
			return "", fmt.Errorf("the key is that of %s: each needs a key of its own", other.Name)
		}
	}
	if err := f.awaitRevocation(publicKey); err != nil {
		return "", err
	}
	token, err := f.sign(role, name, groups, publicKey)
	if err != nil {
		return "", err
	}
	records[name] = record{Member{Name: name, Role: role, Groups: groups, PublicKey: publicKey, Issued: time.Now().UTC().Truncate(time.Second)}, token}
	return token, f.writeRecords(records)
}

// sign returns the JWT of a member.
func (f *Folder) sign(role Role, name string, groups []string, publicKey string) (string, error) {
	claims := jwt.NewUserClaims(publicKey)
	claims.SetScoped(true)
	if !hasScope(role) {
		r := rightsOf(role)
		claims.UserPermissionLimits = limits(role, expand(r.publish, name, groups), expand(r.subscribe, name, groups))
	}
	claims.Name, claims.IssuerAccount = name, f.id
	claims.Tags.Add(fleetTag+f.fleet, roleTag+string(role))
	for _, group := range groups {
		claims.Tags.Add(groupTag + group)
	}
	claims.Expires = time.Now().AddDate(validYears, 0, 1).Unix()
	return claims.Encode(f.roles[role].key)
}

// awaitRevocation waits until a JWT for the key can be valid. A revocation is for all JWTs up to the
// second in which it is made.
func (f *Folder) awaitRevocation(publicKey string) error {
	claims, err := f.claims()
	if err != nil {
		return err
	}
	revoked, ok := claims.Revocations[publicKey]
	if !ok {
		return nil
	}
	wait := time.Until(time.Unix(revoked+1, 0))
	if wait > 2*time.Second {
		return fmt.Errorf("the key was revoked at %s, which is in the future: set the clock", time.Unix(revoked, 0).UTC().Format(time.RFC3339))
	}
	time.Sleep(wait)
	return nil
}

// Revoke revokes the credentials with this name. The server refuses them, and ends their connections, as
// soon as it has the new JWT of the account: see Account. The name can then be used again.
func (f *Folder) Revoke(name string) error {
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return f.revoke(name)
}

// revoke is Revoke for a folder that is locked.
func (f *Folder) revoke(name string) error {
	records, err := f.records()
	if err != nil {
		return err
	}
	r, ok := records[name]
	if !ok {
		return fmt.Errorf("nobody is called %.80q", name)
	}
	if !r.Revoked.IsZero() {
		return nil
	}
	claims, err := f.claims()
	if err != nil {
		return err
	}
	now := time.Now()
	claims.RevokeAt(r.PublicKey, now)
	if err := f.signAccount(claims); err != nil {
		return err
	}
	r.Revoked = now.UTC().Truncate(time.Second)
	records[name] = r
	return f.writeRecords(records)
}

// tagged returns the values of the tags with this prefix.
func tagged(tags []string, prefix string) []string {
	var values []string
	for _, tag := range tags {
		if value, ok := strings.CutPrefix(tag, prefix); ok {
			values = append(values, value)
		}
	}
	return values
}
