package http

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

// A body is the body of a request: parts that follow each other, or what a Lua function returns.
type body struct {
	parts       []part
	contentType string
	held        int64          // number of bytes that this module has made, and Lua does not count
	fn          *lua.LFunction // nil unless a function returns the body; then there are no parts
}

// A part is a text, or the content of a file.
type part struct {
	text string
	path string       // of the file, as the script calls it; "" for a text
	name string       // of the option with the path, for errors
	file permit.Place // set by resolve if path is not ""
}

// bodyOption returns the body that the options or the argument have, or nil if there is none.
// argument is the second argument of http.post; nil means that it was left out.
func bodyOption(o options, argument lua.LValue) *body {
	var all []*body
	if v := o.Get("body"); v != lua.LNil {
		all = append(all, bodyOf(o, v))
	}
	if argument != lua.LNil {
		all = append(all, bodyOf(o, argument))
	}
	if v := o.Get("json"); v != lua.LNil {
		all = append(all, jsonBody(o, v))
	}
	if v := o.Get("form"); v != lua.LNil {
		form := encodeFields(fields(o, "form", o.fieldText, "a string, a number, true, false or a list of these"), "+")
		all = append(all, &body{parts: []part{{text: form}}, contentType: "application/x-www-form-urlencoded", held: int64(len(form))})
	}
	if v := o.Get("multipart"); v != lua.LNil {
		all = append(all, multipartBody(o, v))
	}
	if len(all) > 1 {
		o.fail("only one of body, json, form and multipart can be sent")
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

func bodyOf(o options, v lua.LValue) *body {
	if fn, ok := v.(*lua.LFunction); ok {
		return &body{fn: fn}
	}
	if s, ok := o.sentText(v); ok {
		return &body{parts: []part{{text: s}}}
	}
	o.Raise("body", "a string or a function (for a table use json, form or multipart)", v)
	return nil
}

func jsonBody(o options, v lua.LValue) *body {
	written, err := value.AppendRevealed(nil, v, func(ud *lua.LUserData) (string, bool) { return o.sentText(ud) })
	if err != nil {
		o.fail("%s", err.(*value.Error).In("json"))
	}
	return &body{parts: []part{{text: string(written)}}, contentType: "application/json", held: int64(len(written))}
}

// repeatable reports whether the body can be sent again.
func (b *body) repeatable() bool { return b == nil || b.fn == nil }

// resolve finds the files of the parts and returns the number of bytes of all parts. It may block.
// The error is a *mistake if a grant is missing.
func (b *body) resolve(broker *permit.Broker) (size int64, err error) {
	for i := range b.parts {
		p := &b.parts[i]
		size += int64(len(p.text))
		if p.path == "" {
			continue
		}
		p.file, err = broker.Resolve(p.path, false)
		if wrong := asMistake(err); wrong != nil {
			return 0, &mistake{fmt.Errorf("%s: %w", p.name, err)}
		}
		if err != nil {
			return 0, fileFailure(p.path, err)
		}
		n, err := p.fileSize()
		if err != nil {
			return 0, err
		}
		size += n
	}
	return size, nil
}

func (p *part) fileSize() (int64, error) {
	f, err := p.open()
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, fileFailure(p.path, err)
	}
	return info.Size(), nil
}

// open opens the file of p. The error is a failure.
func (p *part) open() (fs.File, error) {
	f, err := p.file.OpenFile(0, 0)
	if err != nil {
		return nil, fileFailure(p.path, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = files.ErrFolder
	}
	if err != nil {
		f.Close()
		return nil, fileFailure(p.path, err)
	}
	return f, nil
}

// open returns a reader of the parts, whose files resolve has found.
func (b *body) open() (io.ReadCloser, error) { return &partsReader{rest: b.parts}, nil }

// A partsReader reads parts one after the other. It opens each file when the part before has been
// read, so that only one is open. Close may be called while Read runs.
type partsReader struct {
	rest    []part    // parts that have not been begun; for Read
	current io.Reader // the part that is being read; nil between two parts; for Read

	mu     sync.Mutex // guards the fields below
	file   fs.File    // the open file; nil if there is none
	closed bool
}

func (r *partsReader) Read(p []byte) (int, error) {
	for {
		if r.current == nil {
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.current.Read(p)
		if err == io.EOF {
			err, r.current = nil, nil
			r.closeFile(false)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next begins the next part. It returns io.EOF if there is none.
func (r *partsReader) next() error {
	if len(r.rest) == 0 {
		return io.EOF
	}
	p := r.rest[0]
	r.rest = r.rest[1:]
	if p.path == "" {
		r.current = strings.NewReader(p.text)
		return nil
	}
	f, err := p.open()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		f.Close()
		return fs.ErrClosed
	}
	r.current, r.file = f, f
	return nil
}

func (r *partsReader) Close() error {
	r.closeFile(true)
	return nil
}

// closeFile closes the open file. If end is true, no further file is opened.
func (r *partsReader) closeFile(end bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
	r.closed = r.closed || end
}
