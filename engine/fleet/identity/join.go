package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/safetext"
)

// The limits of the messages, in bytes.
const (
	maxRequest = 4 << 10
	maxReply   = 256 << 10
	maxError   = 500
)

// A Request asks to join the fleet. A device sends it on the subject ml.join, as JSON.
type Request struct {
	PublicKey string `json:"key"`
	Name      string `json:"name,omitempty"` // may be empty if the invitation has a name
	Secret    string `json:"secret"`         // of the invitation
	Moonlark  string `json:"moonlark"`       // version of the device
}

// A Reply is the reply to a Request, as JSON. It contains an error, or says that the device must ask
// again later, or lets it in.
type Reply struct {
	Error   string `json:"error,omitempty"`
	Pending bool   `json:"pending,omitempty"`

	JWT     string `json:"jwt,omitempty"`
	Account string `json:"account,omitempty"` // public key
	KeySet  []byte `json:"keys,omitempty"`    // the set of keys that the invitation names: see bundle.KeySet

	// For the log of the owner; the device does not get them. Again means that the device waits for approval since
	// an earlier request.
	Device string `json:"-"`
	Again  bool   `json:"-"`
}

// ParseRequest reads the JSON of a Request from the network.
func ParseRequest(text []byte) (Request, error) {
	var r Request
	if len(text) > maxRequest {
		return r, fmt.Errorf("request: %d bytes are more than the %d allowed", len(text), maxRequest)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	return r, nil
}

// ParseReply reads the JSON of a Reply from the network.
func ParseReply(text []byte) (Reply, error) {
	var r Reply
	if len(text) > maxReply {
		return r, fmt.Errorf("reply: %d bytes are more than the %d allowed", len(text), maxReply)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return Reply{}, fmt.Errorf("reply: %w", err)
	}
	return r, nil
}

// Join answers a device. The error is for the owner of the folder: the folder cannot be used. Then the
// device should ask again.
func (f *Folder) Join(r Request) (Reply, error) {
	unlock, err := f.lock()
	if err == nil {
		defer unlock()
		var reply Reply
		reply, err = f.join(r)
		var refusal refused
		if errors.As(err, &refusal) {
			return Reply{Error: string(refusal)}, nil
		}
		if err == nil {
			return reply, nil
		}
	}
	return Reply{Error: "the fleet cannot answer now: try again later"}, err
}

// refused is an error that the device gets to see.
type refused string

func (r refused) Error() string { return string(r) }

// join is Join for a folder that is locked.
func (f *Folder) join(r Request) (Reply, error) {
	if !nkeys.IsValidPublicUserKey(r.PublicKey) {
		return Reply{}, refused("the request has no public key")
	}
	list, err := f.invitations()
	if err != nil {
		return Reply{}, err
	}
	hash := fingerprint([]byte(r.Secret))
	at := slices.IndexFunc(list, func(i invitation) bool { return i.Secret == hash })
	if at < 0 {
		return Reply{}, refused("the fleet does not know the invitation: ask for a new one")
	}
	i := &list[at]
	name, err := i.nameFor(r)
	if err != nil {
		return Reply{}, err
	}
	records, err := f.records()
	if err != nil {
		return Reply{}, err
	}
	old, known := records[name]
	mine := known && old.PublicKey == r.PublicKey && old.Role == Device
	if !i.Used.IsZero() {
		if !mine || !old.Revoked.IsZero() {
			return Reply{}, refused("the invitation has been used, and the device was revoked since: ask for a new one")
		}
		return f.admit(i, old.JWT)
	}
	if time.Now().After(i.Expires) {
		return Reply{}, refused("the invitation has expired: ask for a new one")
	}
	if known && old.Revoked.IsZero() && !mine || isAwaited(list, i, name) {
		return Reply{}, refused(fmt.Sprintf("the name %s is taken: choose another one, or have the other device revoked", name))
	}
	again := i.Asked != nil && i.Asked.Name == name // nameFor has compared the keys
	if !again {
		i.Asked = &asked{name, r.PublicKey, safetext.Cut(safetext.Line(r.Moonlark), maxMoonlark, "..."), time.Now().UTC()}
	}
	switch {
	case i.Approve && again:
		return Reply{Pending: true, Device: name, Again: true}, nil
	case i.Approve:
		return Reply{Pending: true, Device: name}, writeJSON(f.path(invitationsFile), list)
	}
	return f.letIn(list, i)
}

// nameFor returns the name that the device wants. It returns an error if the invitation is not for the
// device.
func (i *invitation) nameFor(r Request) (string, error) {
	name := r.Name
	if i.Name != "" {
		name = i.Name
	}
	switch {
	case i.Asked != nil && i.Asked.PublicKey != r.PublicKey:
		return "", refused("another device has used the invitation: ask for a new one")
	case r.Name != "" && r.Name != name:
		return "", refused(fmt.Sprintf("the invitation is for %s", name))
	case name == "":
		return "", refused("the device needs a name")
	case !i.Used.IsZero() && i.Asked != nil && i.Asked.Name != name:
		return "", refused(fmt.Sprintf("the device has used the invitation with the name %s", i.Asked.Name))
	}
	if err := checkMember(name); err != nil {
		return "", refused(err.Error())
	}
	return name, nil
}

// isAwaited reports whether a device with another invitation waits for approval with this name.
func isAwaited(list []invitation, own *invitation, name string) bool {
	for k := range list {
		if i := &list[k]; i != own && i.waits() && i.Asked.Name == name {
			return true
		}
	}
	return false
}

// waits reports whether a device waits for approval.
func (i *invitation) waits() bool {
	return i.Asked != nil && i.Used.IsZero() && time.Now().Before(i.Expires)
}

// letIn issues the JWT for the device that has asked, and marks the invitation as used. If the power
// fails in between, the device gets the same JWT when it asks again.
func (f *Folder) letIn(list []invitation, i *invitation) (Reply, error) {
	token, err := f.issue(Device, i.Asked.Name, i.Groups, i.Asked.PublicKey)
	if errors.Is(err, errTaken) {
		return Reply{}, refused(err.Error())
	} else if err != nil {
		return Reply{}, err
	}
	i.Used = time.Now().UTC()
	if err := writeJSON(f.path(invitationsFile), list); err != nil {
		return Reply{}, err
	}
	return f.admit(i, token)
}

// admit returns the reply that lets a device in.
func (f *Folder) admit(i *invitation, token string) (Reply, error) {
	keys, err := f.keySet(i.Keys)
	if err != nil {
		return Reply{}, err
	}
	return Reply{JWT: token, Account: f.id, KeySet: keys.Text, Device: i.Asked.Name}, nil
}

// A Waiting is a device that waits for approval.
type Waiting struct {
	Name      string
	Groups    []string
	PublicKey string
	Moonlark  string // version of the device
	Since     time.Time
}

// Waiting returns the devices that wait for approval.
func (f *Folder) Waiting() ([]Waiting, error) {
	list, err := f.invitations()
	if err != nil {
		return nil, err
	}
	var all []Waiting
	for _, i := range list {
		if i.waits() {
			all = append(all, Waiting{i.Asked.Name, i.Groups, i.Asked.PublicKey, i.Asked.Moonlark, i.Asked.Time})
		}
	}
	return all, nil
}

// Approve lets in the device that waits for approval with this name. It gets its JWT when it asks again.
func (f *Folder) Approve(name string) error {
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	list, err := f.invitations()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(i invitation) bool { return i.waits() && i.Asked.Name == name })
	if at < 0 {
		return fmt.Errorf("no device with the name %.80q waits for approval", name)
	}
	_, err = f.letIn(list, &list[at])
	return err
}

// Request returns the request of a device with this public key, from [NewKey]. name can be empty if the
// invitation has a name. moonlark is the version of the running program.
func (t Token) Request(publicKey, name, moonlark string) (Request, error) {
	switch {
	case name == "":
		name = t.Name
	case t.Name != "" && t.Name != name:
		return Request{}, fmt.Errorf("the invitation is for %s, not for %s", t.Name, name)
	}
	if err := checkMember(name); err != nil {
		return Request{}, err
	}
	return Request{PublicKey: publicKey, Name: name, Secret: t.Secret, Moonlark: moonlark}, nil
}

// ErrPending is the error of Accept if the device must ask again later.
var ErrPending = errors.New("the device waits until the owner of the fleet approves it")

// An Accepted is what a new device keeps: see fleet.Enroll.
type Accepted struct {
	Creds  []byte // content of the file of credentials
	Name   string
	Groups []string
	Keys   []byte // text of the set of keys of bundles: see bundle.KeySet
}

// Accept checks the reply to a request of the device with this seed. It believes the hub nothing that
// does not fit the invitation: neither another fleet, other groups nor other keys.
func Accept(t Token, r Request, seed []byte, reply Reply) (Accepted, error) {
	switch {
	case reply.Error != "":
		return Accepted{}, fmt.Errorf("the fleet %s refuses: %s", t.Fleet, safetext.Cut(safetext.Line(reply.Error), maxError, "..."))
	case reply.Pending:
		return Accepted{}, ErrPending
	case reply.Account != t.Account:
		return Accepted{}, errors.New("the reply is from another fleet than the invitation")
	case fingerprint(reply.KeySet) != t.Keys:
		return Accepted{}, errors.New("the reply has other keys of bundles than the invitation")
	}
	keys, err := bundle.ParseKeySet(reply.KeySet)
	if err != nil {
		return Accepted{}, err
	}
	own, err := keyOf(seed)
	if err != nil {
		return Accepted{}, err
	}
	c, signer, err := parseJWT(reply.JWT)
	if err != nil {
		return Accepted{}, err
	}
	want := Creds{Name: r.Name, Fleet: t.Fleet, Role: Device, Account: t.Account, PublicKey: own, Groups: t.Groups}
	if signer != t.Signer || keys.Fleet != t.Fleet || c.String() != want.String() {
		return Accepted{}, fmt.Errorf("the credentials in the reply are not those that the invitation promises: %v instead of %v", c, want)
	}
	creds, err := jwt.FormatUserConfig(reply.JWT, seed)
	return Accepted{Creds: creds, Name: c.Name, Groups: c.Groups, Keys: reply.KeySet}, err
}

// String returns all that the credentials say, in one line.
func (c Creds) String() string {
	return fmt.Sprintf("%s %s of the fleet %s in the groups [%s] with the key %s and the account %s", c.Role, c.Name, c.Fleet, strings.Join(c.Groups, " "), c.PublicKey, c.Account)
}
