package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"net/textproto"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A letter is a mail that a script sends.
type letter struct {
	from, replyTo *mail.Address // replyTo is nil if there is none
	to, cc, bcc   []*mail.Address
	subject       string
	text, html    string
	attachments   []*attachment
	headers       [][2]string // further headers
	date          time.Time
	size          int // bytes of the texts and the attachments
}

// An attachment is a file in a mail.
type attachment struct {
	name, contentType string
	path              string // of the file; "" if data is the content
	data              string
}

// checkLetter returns the mail that the fields of argument 1 describe.
func (m *module) checkLetter(L *lua.LState) *letter {
	o := value.CheckOptions(L, 1, fields...)
	l := &letter{date: m.rt.Now(), subject: o.String("subject", ""), text: o.String("text", ""), html: o.String("html", "")}
	l.size = len(l.text) + len(l.html)
	from := addresses(L, o, "from")
	if len(from) != 1 {
		L.ArgError(1, "from must be one address")
	}
	l.from = from[0]
	if reply := addresses(L, o, "reply_to"); len(reply) > 0 {
		l.replyTo = reply[0]
	}
	l.to, l.cc, l.bcc = addresses(L, o, "to"), addresses(L, o, "cc"), addresses(L, o, "bcc")
	if n := len(l.recipients()); n == 0 || n > maxRecipients {
		L.ArgError(1, fmt.Sprintf("to, cc and bcc must have 1 to %d addresses", maxRecipients))
	}
	if err := checkLine(l.subject); err != nil {
		L.ArgError(1, "subject "+err.Error())
	}
	for name, text := range map[string]string{"text": l.text, "html": l.html} {
		if !utf8.ValidString(text) {
			L.ArgError(1, name+" is not UTF-8")
		}
	}
	l.checkAttachments(L, o)
	if l.size > maxSize {
		L.ArgError(1, fmt.Sprintf("the mail has more than %d bytes", maxSize))
	}
	l.checkHeaders(L, o)
	return l
}

// checkLine returns an error if s cannot be a header.
func checkLine(s string) error {
	switch {
	case strings.ContainsAny(s, "\r\n\x00"):
		return fmt.Errorf("must be one line")
	case !utf8.ValidString(s):
		return fmt.Errorf("is not UTF-8")
	case len(s) > 998:
		return fmt.Errorf("has more than 998 bytes")
	}
	return nil
}

// addresses returns the addresses of a field, which is a text or a list of texts.
func addresses(L *lua.LState, o value.Options, name string) (all []*mail.Address) {
	list := []string{}
	if text, ok := o.Get(name).(lua.LString); ok {
		list = append(list, string(text))
	} else {
		list = o.StringList(name)
	}
	for _, text := range list {
		a, err := mail.ParseAddress(text)
		switch {
		case checkLine(text) != nil:
			L.ArgError(1, fmt.Sprintf("%s: an address %s", name, checkLine(text)))
		case err != nil:
			L.ArgError(1, fmt.Sprintf("%s: %s is not an address such as \"Ann <ann@example.com>\"", name, value.Quote(text)))
		case strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }):
			L.ArgError(1, fmt.Sprintf("%s: the address %s must be in ASCII", name, value.Quote(a.Address)))
		}
		all = append(all, a)
	}
	return all
}

// recipients returns the addresses to which the mail is sent.
func (l *letter) recipients() (all []string) {
	for _, list := range [][]*mail.Address{l.to, l.cc, l.bcc} {
		for _, a := range list {
			all = append(all, a.Address)
		}
	}
	return all
}

// checkAttachments sets the attachments.
func (l *letter) checkAttachments(L *lua.LState, o value.Options) {
	list, ok := o.Get("attachments").(*lua.LTable)
	if !ok {
		if o.Get("attachments") != lua.LNil {
			o.Raise("attachments", "a list of tables", o.Get("attachments"))
		}
		return
	}
	if list.Len() > maxAttachments {
		L.ArgError(1, fmt.Sprintf("there are more than %d attachments", maxAttachments))
	}
	for i := range list.Len() {
		a, err := newAttachment(list.RawGetInt(i + 1))
		if err != nil {
			L.ArgError(1, fmt.Sprintf("attachment %d: %s", i+1, err))
		}
		l.size += len(a.data)
		l.attachments = append(l.attachments, a)
	}
}

func newAttachment(v lua.LValue) (*attachment, error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("it must be a table such as {name = \"a.txt\", data = text}")
	}
	if err := value.CheckFields(t, []string{"name", "data", "file", "type"}); err != nil {
		return nil, err
	}
	a := &attachment{}
	for name, field := range map[string]*string{"name": &a.name, "data": &a.data, "file": &a.path, "type": &a.contentType} {
		var err error
		if *field, err = value.OptionalString(t, name); err != nil {
			return nil, err
		}
	}
	if (t.RawGetString("data") == lua.LNil) == (a.path == "") {
		return nil, fmt.Errorf("it must have either data or file")
	}
	if a.name == "" {
		a.name = filepath.Base(a.path)
	}
	if a.name == "" || a.name == "." || checkLine(a.name) != nil || strings.ContainsAny(a.name, `/\`) {
		return nil, fmt.Errorf("name must be the name of a file")
	}
	if a.contentType == "" {
		if a.contentType = mime.TypeByExtension(filepath.Ext(a.name)); a.contentType == "" {
			a.contentType = "application/octet-stream"
		}
	}
	if _, _, err := mime.ParseMediaType(a.contentType); err != nil || checkLine(a.contentType) != nil {
		return nil, fmt.Errorf("type must be a type such as \"image/png\"")
	}
	return a, nil
}

// reserved are the headers that have fields of their own.
var reserved = []string{"From", "To", "Cc", "Bcc", "Reply-To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding"}

// checkHeaders sets the further headers.
func (l *letter) checkHeaders(L *lua.LState, o value.Options) {
	t, ok := o.Get("headers").(*lua.LTable)
	if !ok {
		if o.Get("headers") != lua.LNil {
			o.Raise("headers", "a table", o.Get("headers"))
		}
		return
	}
	t.ForEach(func(k, v lua.LValue) {
		name, isName := k.(lua.LString)
		text, isText := v.(lua.LString)
		canonical := textproto.CanonicalMIMEHeaderKey(string(name))
		switch {
		case !isName || !isText || !validHeaderName(string(name)):
			L.ArgError(1, "headers must have names and texts, such as {[\"X-Priority\"] = \"1\"}")
		case slices.Contains(reserved, canonical):
			L.ArgError(1, "the header "+canonical+" cannot be set in headers")
		case checkLine(string(text)) != nil:
			L.ArgError(1, "the header "+canonical+" "+checkLine(string(text)).Error())
		}
		l.headers = append(l.headers, [2]string{canonical, string(text)})
	})
}

func validHeaderName(s string) bool {
	return s != "" && len(s) <= 100 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// load reads the files of the attachments. It blocks. The error is a *permit.Denied, or the failure
// of a file.
func (l *letter) load(ctx context.Context, b *permit.Broker) error {
	for _, a := range l.attachments {
		if a.path == "" {
			continue
		}
		data, err := readFile(ctx, b, a.path, maxSize-l.size)
		if err != nil {
			return err
		}
		a.data = data
		l.size += len(data)
	}
	return nil
}

// readFile returns the content of a file with at most limit bytes.
func readFile(ctx context.Context, b *permit.Broker, path string, limit int) (string, error) {
	place, err := b.Resolve(path, false)
	if err != nil {
		return "", fileError(path, err)
	}
	f, _, err := files.OpenToRead(ctx, place)
	if err != nil {
		return "", fileError(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return "", fileError(path, err)
	}
	if len(data) > limit {
		return "", sockets.Fail("too_large", "the mail has more than %d bytes", maxSize)
	}
	return string(data), nil
}

// fileError returns the error for an error of the file that the script calls path. An error because
// of a missing permission remains a *permit.Denied.
func fileError(path string, err error) error {
	var denied *permit.Denied
	if errors.As(err, &denied) {
		return err
	}
	f := files.Explain(path, err)
	return &sockets.Failure{Code: f.Code, Text: f.Reason}
}
