package fs

import (
	"context"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

func (m *module) write(L *lua.LState) int {
	path, data := files.CheckPath(L, 1), checkData(L, 2)
	options := value.CheckOptions(L, 3, "mode", "sync")
	r := permit.Replacement{Mode: modeOption(options), Sync: options.Bool("sync", true)}
	luastd.CheckLoaded(L, m.rt, "fs.write")
	_, err := m.run(L, "write", files.Timeout, func(ctx context.Context) (any, error) {
		if len(data) > maxWrite {
			return nil, tooLong(data)
		}
		p, err := m.runner.Resolve(path, true)
		if err != nil {
			return nil, err
		}
		if err := p.Reserve(files.SizeOf(p), int64(len(data))); err != nil {
			return nil, err
		}
		r.Write = func(w io.Writer) error { return files.WriteText(ctx, w, data) }
		return nil, p.Replace(r)
	})
	return pushDone(L, path, err)
}

// append does not replace the file, so that a program that has it open sees the new text.
func (m *module) append(L *lua.LState) int {
	path, data := files.CheckPath(L, 1), checkData(L, 2)
	luastd.CheckLoaded(L, m.rt, "fs.append")
	_, err := m.run(L, "append", files.Timeout, func(ctx context.Context) (any, error) {
		if len(data) > maxWrite {
			return nil, tooLong(data)
		}
		p, err := m.runner.Resolve(path, true)
		if err != nil {
			return nil, err
		}
		size := files.SizeOf(p)
		if err := p.Reserve(size, max(size, 0)+int64(len(data))); err != nil {
			return nil, err
		}
		f, err := files.OpenToWrite(p, syscall.O_WRONLY|syscall.O_APPEND|syscall.O_CREAT)
		if err != nil {
			return nil, err
		}
		if err := files.WriteText(ctx, f, data); err != nil {
			f.Close()
			return nil, err
		}
		return nil, f.Close()
	})
	return pushDone(L, path, err)
}

// checkData returns argument n, the text to write.
func checkData(L *lua.LState, n int) string {
	switch v := L.Get(n).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return v.String()
	default:
		L.ArgError(n, "a string expected, got "+strings.TrimPrefix(value.TypeName(v), "a "))
		return ""
	}
}

func tooLong(data string) error {
	return files.Fail("too_large", "the text has %d bytes; the maximum is %d", len(data), maxWrite)
}

// modeOption returns the option mode: octal digits as a string or, because Lua has no octal
// numbers, as a number. It returns 0 if the option is not set.
func modeOption(o value.Options) fs.FileMode {
	v := o.Get("mode")
	if v == lua.LNil {
		return 0
	}
	mode, err := strconv.ParseUint(v.String(), 8, 32)
	if err != nil || mode == 0 || mode > 0o777 || v.Type() != lua.LTString && v.Type() != lua.LTNumber {
		o.Raise("mode", `octal digits from "0001" to "0777", such as "0644"`, v)
	}
	return fs.FileMode(mode)
}
