package transfer_test

import (
	"testing"
	"unsafe"

	"moonlark/engine/permit"
	"moonlark/luastd/transfer"
)

// The code of a transfer through a closed device is "closed".
func TestAClosedPortIsNoOtherError(t *testing.T) {
	b, err := permit.New(permit.Options{Script: "a.lua", Folder: t.TempDir(), Grants: []permit.Grant{{Kind: permit.SPI}}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	p, err := transfer.Open(b, permit.SPI, "use it", "/dev/null", "0.0")
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	var arg [8]byte
	if got := transfer.Explain(p.Ioctl(1, unsafe.Pointer(&arg)), "device 5", "spi"); got.Code != "closed" {
		t.Errorf("got %s", got)
	}
}
