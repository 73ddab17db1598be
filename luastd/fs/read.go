package fs

import (
	"context"
	"io"
	"io/fs"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

func (m *module) read(L *lua.LState) int {
	path := files.CheckPath(L, 1)
	limit := value.CheckOptions(L, 2, "max").Int("max", defaultMax, 1, files.MaxRead)
	text, err := m.run(L, "read", files.Timeout, func(ctx context.Context) (any, error) {
		p, err := m.runner.Resolve(path, false)
		if err != nil {
			return "", err
		}
		f, info, err := files.OpenToRead(ctx, p)
		if err != nil {
			return "", err
		}
		defer f.Close()
		return m.runner.ReadAll(ctx, f, info.Size(), int64(limit))
	})
	if err != nil {
		return files.PushFailure(L, path, err)
	}
	L.Push(lua.LString(text.(string)))
	return 1
}

// blockSize is how many bytes of a file are read at once for lines.
const blockSize = 256 << 10

// A lineBlock is a block of a file whose lines are read.
type lineBlock struct {
	text []byte
	info fs.FileInfo // describes the file
}

// lines does not keep the file open between two blocks, because an iterator whose loop ends early
// is never closed. A file of less than a block is read once.
func (m *module) lines(L *lua.LState) int {
	path := files.CheckPath(L, 1)
	var first fs.FileInfo // describes the file from which the first block has been read
	offset := int64(0)
	r := &reader{name: "fs.lines", path: path}
	r.more = func(L *lua.LState) ([]byte, error) {
		info, begin := first, offset // copies, because the work can go on when the task has been killed
		v, err := m.run(L, "lines", files.Timeout, func(ctx context.Context) (any, error) {
			return m.readLines(ctx, path, info, begin)
		})
		if err != nil {
			return nil, err
		}
		block := v.(lineBlock)
		first = block.info
		offset += int64(len(block.text))
		return block.text, nil
	}
	if err := r.fill(L); err != nil { // raises an error at once if there is no such file
		r.raise(L, err)
	}
	L.Push(L.NewFunction(r.next))
	return 1
}

// readLines reads the block of a file that begins at offset. It returns a Failure if the file is
// not the one that first describes, unless first is nil.
func (m *module) readLines(ctx context.Context, path string, first fs.FileInfo, offset int64) (any, error) {
	p, err := m.runner.Resolve(path, false)
	if err != nil {
		return nil, err
	}
	f, info, err := files.OpenToRead(ctx, p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if first != nil && !permit.SameFile(first, info) {
		return nil, files.Fail("io", "%s was replaced while its lines were read", path)
	}
	text, err := files.ReadBlock(io.NewSectionReader(f, offset, blockSize), blockSize)
	return lineBlock{text, info}, err
}
