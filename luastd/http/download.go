package http

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
)

// A sink is a file to which a body goes. The file is replaced when the body is complete.
type sink struct {
	broker *permit.Broker
	path   string       // as the script calls it
	place  permit.Place // set by resolve
}

// newSink returns the sink for the path in argument n.
func (m *module) newSink(L *lua.LState, n int) *sink {
	path := files.CheckPath(L, n)
	if path == "" {
		L.ArgError(n, "the path is empty")
	}
	return &sink{broker: m.rt.Permit(), path: path}
}

// resolve finds the file. It may block. The error is a *mistake if a grant is missing.
func (k *sink) resolve() (err error) {
	k.place, err = k.broker.Resolve(k.path, true)
	return fileFailure(k.path, err)
}

// write writes body to the file, which resolve has found. It returns the length of the body and its
// SHA-256. If it returns an error, there is no new file, and an old file is unchanged.
func (k *sink) write(body io.Reader) (n int64, sum string, err error) {
	hash := sha256.New()
	old := files.SizeOf(k.place)
	room := &reservation{place: k.place, size: old}
	err = k.place.Replace(permit.Replacement{Sync: true, Write: func(w io.Writer) (err error) {
		n, err = io.Copy(io.MultiWriter(room, w, hash), body)
		return err
	}})
	if err != nil {
		room.end(old)
		return 0, "", fileFailure(k.path, err)
	}
	room.end(n)
	return n, hex.EncodeToString(hash.Sum(nil)), nil
}

// A reservation is the room in the data folder that a growing file takes. It is made in steps,
// because nobody knows how long a body is before its end.
type reservation struct {
	place   permit.Place
	written int64
	size    int64 // size of the file for which there is room; -1 if there is no file
}

const reservationStep = 1 << 20 // in bytes

// Write makes sure that there is room for p, which is written to the file afterwards.
func (r *reservation) Write(p []byte) (int, error) {
	if r.written += int64(len(p)); r.written > r.size {
		size := r.written + reservationStep
		if err := r.place.Reserve(r.size, size); err != nil {
			return 0, err
		}
		r.size = size
	}
	return len(p), nil
}

// end corrects the room: the file has size bytes, or does not exist if size is -1.
func (r *reservation) end(size int64) { r.place.Reserve(r.size, size) }

// receive writes the body of an answer to the file, unless the answer is an error.
func (k *sink) receive(a *answer, body *bodyReader) (err error) {
	switch {
	case a.status == 404 || a.status == 410:
		return &failure{code: "not_found", text: fmt.Sprintf("%s has answered with the status %d", body.host, a.status)}
	case a.status < 200 || a.status > 299:
		return &failure{code: "failed", text: fmt.Sprintf("%s has answered with the status %d", body.host, a.status)}
	}
	a.saved, a.sum, err = k.write(body)
	return err
}

// download is the Lua function http.download.
func (m *module) download(L *lua.LState) int { return m.saveTo(L, "http.download", nil) }

// saveTo is the function of http.download, and of client:download if c is not nil.
func (m *module) saveTo(L *lua.LState, name string, c *client) int {
	luastd.CheckLoaded(L, m.rt, name)
	u, err := c.url(L.CheckString(1))
	if err != nil {
		L.RaiseError("%s: %s", name, err)
	}
	sink := m.newSink(L, 2)
	c.addOptions(L, 3)
	checkNames(L, 3)
	o := newOptions(L, 3, name, clientOptions)
	r := m.newRequest(o, "GET", u, lua.LNil, true)
	m.setRoute(o, r)
	a, err := m.perform(L, r, sink)
	if err != nil {
		return pushFailure(L, name, err)
	}
	t := L.CreateTable(0, 3)
	t.RawSetString("status", lua.LNumber(a.status))
	t.RawSetString("bytes", lua.LNumber(a.saved))
	t.RawSetString("sha256", lua.LString(a.sum))
	L.Push(t)
	return 1
}

// save is the Lua function response:save.
func (m *module) save(L *lua.LState) int {
	s, _ := checkStream(L)
	sink := m.newSink(L, 2)
	if s.err != nil && s.err != io.EOF {
		return pushFailure(L, "response:save", s.err)
	}
	if err, _ := s.wait(L, func() any { return sink.resolve() }).(error); err != nil {
		return pushFailure(L, "response:save", err)
	}
	rest := &streamReader{s: s, buf: s.buf, ended: s.err == io.EOF}
	limit := m.rt.WaitLimit(0) // 0 outside of a tool call: there, only each read has a timeout
	n := int64(0)
	err, _ := s.wait(L, func() any {
		if limit > 0 {
			defer s.cancelAfter(limit, limit).Stop()
		}
		var err error
		n, _, err = sink.write(rest)
		return err
	}).(error)
	s.close()
	s.buf, s.err = nil, io.EOF
	if err != nil {
		s.err = err
		return pushFailure(L, "response:save", err)
	}
	L.Push(lua.LNumber(n))
	return 1
}

// A streamReader reads the rest of a stream, with the timeout of the stream for each read, and at
// most maxSaved bytes.
type streamReader struct {
	s     *stream
	buf   []byte // the bytes that have been received already
	ended bool   // no more bytes come after buf
	size  int64
}

func (r *streamReader) Read(p []byte) (n int, err error) {
	switch {
	case len(r.buf) > 0:
		n = copy(p, r.buf)
		r.buf = r.buf[n:]
	case r.ended:
		return 0, io.EOF
	default:
		timeout := r.s.c.r.timeout
		defer r.s.cancelAfter(timeout, timeout).Stop()
		n, err = r.s.body.Read(p)
	}
	if r.size += int64(n); r.size > maxSaved {
		return n, &failure{code: "too_large", text: fmt.Sprintf("the body from %s has more than %d bytes", r.s.body.host, maxSaved)}
	}
	return n, err
}
