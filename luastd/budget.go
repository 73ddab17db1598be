package luastd

import (
	"fmt"
	"sync/atomic"
)

// MaxHeld is the maximal number of bytes of a Budget.
const MaxHeld = 64 << 20

// BudgetReason is the reason for a failure because the Budget of a script is used up.
var BudgetReason = fmt.Sprintf("more than %d bytes are kept for the script, such as bodies and messages that it has not received", MaxHeld)

// A Budget limits how many bytes the modules of one copy of a script keep in memory outside of Lua,
// such as bodies and messages that the script has not received. It does not count the output of
// programs, for which package exec has a limit of its own. Any goroutine may use it. The zero value
// is empty.
type Budget struct{ used atomic.Int64 }

// Take counts n bytes. It returns false, and counts nothing, if there would be more than MaxHeld.
func (b *Budget) Take(n int) bool {
	for {
		used := b.used.Load()
		if used+int64(n) > MaxHeld {
			return false
		}
		if b.used.CompareAndSwap(used, used+int64(n)) {
			return true
		}
	}
}

// Give says that n bytes are not in memory any more.
func (b *Budget) Give(n int) { b.used.Add(-int64(n)) }

// Used returns how many bytes are counted.
func (b *Budget) Used() int { return int(b.used.Load()) }
