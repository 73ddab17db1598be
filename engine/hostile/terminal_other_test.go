//go:build !linux

package hostile

import "errors"

func addTerminal(string) error { return errors.ErrUnsupported }
