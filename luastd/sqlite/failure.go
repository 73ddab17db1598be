package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// A Mistake is an error of the script: it is raised, and not returned.
type Mistake string

// Error returns the text of the mistake.
func (m Mistake) Error() string { return string(m) }

// errDisk is the error of a change for which the disk has no space.
var errDisk = errors.New("the disk is full")

// explainFull returns err as an error that is errDisk too if err is the error of a write for which
// the file system has no space. The library reports such a write like one on a damaged disk. path is
// the path of the database.
func explainFull(path string, err error) error {
	const minFree = 64 << 10 // in bytes; more than one write needs
	for _, code := range []sqlite3.ExtendedErrorCode{sqlite3.IOERR_WRITE, sqlite3.IOERR_TRUNCATE, sqlite3.IOERR_SHMSIZE, sqlite3.IOERR_FSYNC} {
		if errors.Is(err, code) && freeSpace(path) < minFree {
			return fmt.Errorf("%w: %w", errDisk, err)
		}
	}
	return err
}

// Code returns the code of the failure err, such as "busy". It returns "" if the statement is
// wrong, for example if it has a syntax error.
func Code(err error) string {
	var code sqlite3.ErrorCode
	switch {
	case errors.Is(err, ErrMemory):
		return "too_large"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "timeout"
	case errors.Is(err, errDisk):
		return "full"
	case !errors.As(err, &code):
		return "io" // an error of the operating system
	}
	switch code {
	case sqlite3.BUSY, sqlite3.LOCKED:
		return "busy"
	case sqlite3.FULL:
		return "full"
	case sqlite3.READONLY, sqlite3.PERM:
		return "readonly"
	case sqlite3.CORRUPT, sqlite3.NOTADB:
		return "corrupt"
	case sqlite3.INTERRUPT:
		return "timeout"
	case sqlite3.CONSTRAINT:
		return "constraint"
	case sqlite3.TOOBIG:
		return "too_large"
	case sqlite3.ERROR, sqlite3.MISUSE, sqlite3.RANGE, sqlite3.AUTH, sqlite3.MISMATCH:
		return ""
	default:
		return "io"
	}
}

// Reason returns the text of err without the prefixes of the library.
func Reason(err error) string {
	text := strings.TrimPrefix(err.Error(), "sqlite3: ")
	for _, prefix := range []string{"SQL logic error: ", "constraint failed: ", "not authorized: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// IsSpoilt reports whether the connection that has returned err should be closed and opened again.
// This helps when somebody has replaced the file.
func IsSpoilt(err error) bool {
	var code sqlite3.ErrorCode
	if errors.As(err, &code) {
		switch code {
		case sqlite3.IOERR, sqlite3.CORRUPT, sqlite3.NOTADB, sqlite3.CANTOPEN, sqlite3.READONLY:
			return true
		}
	}
	return false
}
