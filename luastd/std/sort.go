package std

import (
	lua "github.com/yuin/gopher-lua"
)

// sort is the Lua function table.sort. It sorts a copy of the values and then writes them back into
// the table. While the order function runs or waits, the table still has the old order.
func (lib *tableLib) sort(L *lua.LState) int {
	t := checkTable(L, 1)
	s := &sorter{L: L, lib: lib, values: make([]lua.LValue, t.Len())}
	if L.Get(2) != lua.LNil {
		s.before = checkFunction(L, 2)
	}
	for i := range s.values {
		s.values[i] = t.RawGetInt(i + 1)
		lib.checkpoint(L, i)
	}
	s.sort(0, len(s.values)-1)
	for i, v := range s.values {
		t.RawSetInt(i+1, v)
		lib.checkpoint(L, i)
	}
	return 0
}

// A sorter sorts with the quicksort of Lua 5.1. So equal values end in the same order as in Lua
// 5.1, and an inconsistent order function raises the same error.
type sorter struct {
	L        *lua.LState
	lib      *tableLib
	before   *lua.LFunction // the order function; nil for the operator <
	values   []lua.LValue
	compared int // number of comparisons so far
}

func (s *sorter) less(a, b lua.LValue) bool {
	s.compared++
	s.lib.checkpoint(s.L, s.compared)
	if s.before != nil {
		s.L.Push(s.before)
		s.L.Push(a)
		s.L.Push(b)
		s.L.Call(2, 1)
		less := lua.LVAsBool(s.L.Get(-1))
		s.L.Pop(1)
		return less
	}
	if x, ok := a.(lua.LString); ok {
		if y, ok := b.(lua.LString); ok {
			return x < y
		}
	}
	return s.L.LessThan(a, b)
}

func (s *sorter) swap(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] }

// order swaps the values at i and j if the value at j is less than the value at i.
func (s *sorter) order(i, j int) {
	if s.less(s.values[j], s.values[i]) {
		s.swap(i, j)
	}
}

func (s *sorter) sort(low, high int) {
	for low < high {
		s.order(low, high)
		if high-low == 1 {
			return
		}
		middle := (low + high) / 2
		if s.less(s.values[middle], s.values[low]) {
			s.swap(middle, low)
		} else {
			s.order(middle, high)
		}
		if high-low == 2 {
			return
		}
		middle = s.partition(low, high, middle)
		// sorts the smaller part by recursion; the loop continues with the larger part
		if middle-low < high-middle {
			s.sort(low, middle-1)
			low = middle + 1
		} else {
			s.sort(middle+1, high)
			high = middle - 1
		}
	}
}

// partition moves the values that are less than the value at the index middle before that value,
// and the others after it. It returns the new index of that value.
func (s *sorter) partition(low, high, middle int) int {
	pivot := s.values[middle]
	s.swap(middle, high-1)
	i, j := low, high-1
	for {
		for i++; s.less(s.values[i], pivot); i++ {
			if i >= high {
				s.L.RaiseError("invalid order function for sorting")
			}
		}
		for j--; s.less(pivot, s.values[j]); j-- {
			if j <= low {
				s.L.RaiseError("invalid order function for sorting")
			}
		}
		if j < i {
			s.swap(high-1, i)
			return i
		}
		s.swap(i, j)
	}
}
