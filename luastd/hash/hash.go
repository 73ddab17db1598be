// Package hash is the Lua module "hash". It computes checksums of bytes.
//
//	hash.md5(s [, options])               -> the checksum of s in hexadecimal; md5 and sha1 are only
//	hash.sha1(s [, options])                 for systems that require them, because they are not secure
//	hash.sha256(s [, options])
//	hash.sha384(s [, options])
//	hash.sha512(s [, options])
//	    raw = false                          returns the bytes of the checksum
//	hash.crc32(s)                         -> the checksum of s as a number, as in zip and PNG
//	hash.hmac(algo, key, data [, options]) -> the checksum of data with a secret key; algo is "md5",
//	                                         "sha1", "sha256", "sha384" or "sha512"
//	hash.file(algo, path [, options])     -> the checksum of a file; or nil, reason, code
//	hash.equal(a, b)                      -> whether two strings are equal; the time that this takes
//	                                         does not say at which byte they differ
//
// The functions raise an error if an argument is wrong. They accept strings of any length. The
// paths and the codes of hash.file are those of the module fs. It reads for 10 minutes at most.
package hash

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	_ "embed"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"io"
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "hash".
var Module = luastd.Module{
	Name: "hash", Open: open, Doc: doc, Manual: manual,
	Needs: []permit.Kind{permit.Read}, NeedSecond: map[string]func(*permit.Broker, string, bool) error{"file": needFile},
}

// needFile returns the error of a call of hash.file for the file path, if b lacks a permission for
// it: see luastd.Module.NeedSecond.
func needFile(b *permit.Broker, path string, known bool) error {
	if !known {
		return nil // most are files in the data folder, which need no permission
	}
	return b.CheckFile(path, false)
}

// maxPart is how many bytes are read between two calls of Checkpoint. A slow machine needs a few
// milliseconds for so many bytes.
const maxPart = 64 << 10

// algorithms has a function for each algorithm that hash.hmac can use. The function returns a new
// hash.Hash of Go.
var algorithms = map[string]func() hash.Hash{
	"md5":    md5.New,
	"sha1":   sha1.New,
	"sha256": sha256.New,
	"sha384": sha512.New384,
	"sha512": sha512.New,
}

var algorithmNames = slices.Sorted(maps.Keys(algorithms))

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt, files.NewRunner(rt)}
	t := L.CreateTable(0, len(algorithms)+4)
	functions := map[string]lua.LGFunction{"crc32": m.crc32, "hmac": m.hmac, "file": m.file, "equal": equal}
	for name, newHash := range algorithms {
		functions[name] = func(L *lua.LState) int {
			return m.push(L, newHash(), L.CheckString(1), 2)
		}
	}
	value.SetFunctions(L, t, functions)
	return t
}

type module struct {
	luastd.Checkpointer
	runner *files.Runner
}

// push pushes the checksum of data, computed with h. Argument number optionsArg of the running Lua
// function has the options. push returns 1, the number of results.
func (m module) push(L *lua.LState, h hash.Hash, data string, optionsArg int) int {
	raw := value.CheckOptions(L, optionsArg, "raw").Bool("raw", false)
	m.write(L, h, data)
	return pushSum(L, h.Sum(nil), raw)
}

// pushSum pushes a checksum, as its bytes if raw is true, and in hexadecimal otherwise.
func pushSum(L *lua.LState, sum []byte, raw bool) int {
	if raw {
		L.Push(lua.LString(sum))
	} else {
		L.Push(lua.LString(hex.EncodeToString(sum)))
	}
	return 1
}

// write writes data to h in parts, and calls Checkpoint between them.
func (m module) write(L *lua.LState, h hash.Hash, data string) {
	part := make([]byte, min(len(data), maxPart))
	for {
		n := copy(part, data)
		h.Write(part[:n])
		data = data[n:]
		if data == "" {
			return
		}
		m.Checkpoint(L)
	}
}

func (m module) crc32(L *lua.LState) int {
	h := crc32.NewIEEE()
	m.write(L, h, L.CheckString(1))
	L.Push(lua.LNumber(h.Sum32()))
	return 1
}

func (m module) hmac(L *lua.LState) int {
	algorithm := value.CheckChoice(L, 1, algorithmNames...)
	key, data := value.CheckSecret(L, 2), L.CheckString(3)
	value.CheckOptions(L, 4, "raw").Bool("raw", false) // raises an error before a long key is read
	if len(key) > 1024 {
		// Package hmac would replace a key that is longer than a block of the algorithm by the
		// checksum of the key, without calling Checkpoint.
		h := algorithms[algorithm]()
		m.write(L, h, key)
		key = string(h.Sum(nil))
	}
	return m.push(L, hmac.New(algorithms[algorithm], []byte(key)), data, 4)
}

func (m module) file(L *lua.LState) int {
	algorithm := value.CheckChoice(L, 1, algorithmNames...)
	path := files.CheckPath(L, 2)
	raw := value.CheckOptions(L, 3, "raw").Bool("raw", false)
	sum, err := m.runner.Run(L, "hash.file", files.LongTimeout, func(ctx context.Context) (any, error) {
		p, err := m.runner.Resolve(path, false)
		if err != nil {
			return nil, err
		}
		f, _, err := files.OpenToRead(ctx, p)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		h := algorithms[algorithm]()
		_, err = io.Copy(h, files.Reader(ctx, f))
		return h.Sum(nil), err
	})
	if err != nil {
		return files.PushFailure(L, path, err)
	}
	return pushSum(L, sum.([]byte), raw)
}

func equal(L *lua.LState) int {
	a, b := value.CheckSecret(L, 1), value.CheckSecret(L, 2)
	L.Push(lua.LBool(subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1))
	return 1
}
