package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/safetext"
	"moonlark/luastd/value"
)

// A Failure is an error with the code and the reason that the script gets.
type Failure struct {
	Code   string
	Reason string
}

// Error returns the code and the reason.
func (e *Failure) Error() string { return e.Code + ": " + e.Reason }

// Fail returns a Failure.
func Fail(code, format string, args ...any) error {
	return &Failure{code, fmt.Sprintf(format, args...)}
}

// A mistake is the error of Mistake.
type mistake struct{ text string }

func (e *mistake) Error() string { return e.text }

// Mistake returns an error for a mistake in the script, such as the removal of a granted folder. If
// the work of Run returns it, Run raises it in the script instead of returning it.
func Mistake(format string, args ...any) error { return &mistake{fmt.Sprintf(format, args...)} }

var (
	errTimeout = errors.New("timeout")

	// ErrFolder is the error for a folder where a file is expected.
	ErrFolder = errors.New("it is a folder")
	// ErrNoFolder is the error for a file where a folder is expected.
	ErrNoFolder = errors.New("it is not a folder")
	// ErrNotEmpty is the error for a folder that must be empty.
	ErrNotEmpty = errors.New("the folder is not empty")
)

// maxShown is how many bytes of a path a reason shows.
const maxShown = 150

// Explain returns the Failure for an error with a file. path is the path that the script has
// passed, for the reason.
func Explain(path string, err error) *Failure {
	if path == "" {
		path = "the data folder"
	}
	path = safetext.Cut(path, maxShown, "...")
	var own *Failure
	var denied *permit.Denied
	f := &Failure{}
	switch {
	case errors.As(err, &own):
		*f = *own
	case errors.As(err, &denied):
		f.Code, f.Reason = "denied", denied.Short()
	case errors.Is(err, errTimeout), errors.Is(err, context.Canceled):
		f.Code, f.Reason = "timeout", path+": the disk did not respond in time"
	case errors.Is(err, permit.ErrFull):
		f.Code, f.Reason = "full", permit.ErrFull.Error()
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		f.Code, f.Reason = "full", "the disk has no room for "+path
	case errors.Is(err, ErrFolder):
		f.Code, f.Reason = "not_a_file", path+" is a folder"
	case errors.Is(err, ErrNoFolder):
		f.Code, f.Reason = "not_found", path+" is not a folder"
	case errors.Is(err, ErrNotEmpty):
		f.Code, f.Reason = "exists", path+" is not empty: the option recursive = true removes it with everything in it"
	case errors.Is(err, permit.ErrSpecial), errors.Is(err, syscall.EISDIR):
		f.Code, f.Reason = "not_a_file", path+" is not a regular file"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		f.Code, f.Reason = "not_found", path+" does not exist"
	case errors.Is(err, fs.ErrExist):
		f.Code, f.Reason = "exists", path+" exists already"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		f.Code, f.Reason = "denied", "the system does not allow this use of "+path
	case errors.Is(err, syscall.EFBIG):
		f.Code, f.Reason = "too_large", path+" would be too large for the file system"
	default:
		f.Code, f.Reason = "io", path+": "+cause(err).Error()
	}
	f.Reason = safetext.Line(f.Reason)
	return f
}

// cause returns the error that the system has returned, without the name of the call and the path.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// PushFailure pushes nil, the reason and the code for an error with a file, and returns the number
// of results. path is the path that the script has passed, for the reason.
func PushFailure(L *lua.LState, path string, err error) int {
	f := Explain(path, err)
	return value.PushFailure(L, f.Code, "%s", f.Reason)
}
