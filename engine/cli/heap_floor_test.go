package cli

import "testing"

func TestASmallHeapMayGrowToTheFloorAndALargeOneAsUsual(t *testing.T) {
	for live := uint64(1 << 20); live < 64<<20; live += 1 << 18 {
		size := live + live*uint64(growth(live))/100
		if size > max(heapFloor, 2*live) {
			t.Errorf("a heap of %d bytes may grow to %d", live, size)
		}
	}
	if got := growth(1 << 20); got != 200 { // then Go collects no heap of less than 8 MiB
		t.Errorf("got %d%%", got)
	}
}
