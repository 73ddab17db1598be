package transfer_test

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"moonlark/luastd/sockets"
	"moonlark/luastd/transfer"
)

func TestErrorsAreExplained(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "open", Path: "/dev/x", Err: fs.ErrNotExist}, "not_found: there is no device 5"},
		{fs.ErrPermission, "denied: the system does not allow the use of the device 5: the user must be in the group i2c"},
		{os.ErrClosed, "closed: the device 5 has been closed"},
		{sockets.Fail("timeout", "too late"), "timeout: too late"},
		{errors.New("a fire"), "io: the device 5: a fire"},
	} {
		if got := transfer.Explain(row.err, "device 5", "i2c").Error(); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}
