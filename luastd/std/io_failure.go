package std

import (
	"errors"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
)

// A fileError is an error with the text and the number that a function of the io library returns.
type fileError struct {
	text   string
	number int
}

func (e fileError) Error() string { return e.text }

// numbers has the numbers of Linux for the codes of files.Explain.
var numbers = map[string]int{
	"not_found": 2, "io": 5, "denied": 13, "busy": 16, "exists": 17, "unsupported": 18, "not_a_file": 21, "too_large": 27, "full": 28, "timeout": 110,
}

// explainFile returns the fileError for an error with a file. Its text is that of the system if the
// system has returned the error.
func explainFile(err error) fileError {
	var own fileError
	var denied *permit.Denied
	var number syscall.Errno
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &denied):
		return fileError{"Permission denied: " + denied.Error(), numbers["denied"]}
	case errors.Is(err, files.ErrManyTemps):
		return fileError{err.Error(), int(syscall.EMFILE)}
	case errors.Is(err, files.ErrFolder):
		number = syscall.EISDIR
	case errors.Is(err, files.ErrNotEmpty):
		number = syscall.ENOTEMPTY
	case errors.Is(err, permit.ErrFull), !errors.As(err, &number):
		f := files.Explain("it", err)
		if f.Code == "not_found" {
			number = syscall.ENOENT
			break
		}
		return fileError{strings.TrimPrefix(f.Reason, "it: "), numbers[f.Code]}
	}
	text := number.Error()
	first, size := utf8.DecodeRuneInString(text)
	return fileError{string(unicode.ToUpper(first)) + text[size:], int(number)}
}

// pushFileError pushes nil, the text of e and its number. path is the path of the file, or "".
func pushFileError(L *lua.LState, path string, e fileError) int {
	if path != "" {
		path += ": "
	}
	L.Push(lua.LNil)
	L.Push(lua.LString(path + e.text))
	L.Push(lua.LNumber(e.number))
	return 3
}

// pushDone pushes true, or the failure err with the file path.
func pushDone(L *lua.LState, path string, err error) int {
	if err != nil {
		return pushFileError(L, path, explainFile(err))
	}
	L.Push(lua.LTrue)
	return 1
}

// errBadFile is the error of a read from a file that is open for writing, and the other way round.
var errBadFile = syscall.EBADF
