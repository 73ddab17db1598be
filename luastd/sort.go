package luastd

import (
	lua "github.com/yuin/gopher-lua"
)

// sort puts the values in order outside of the table and then back: whoever
// looks at it from the order function, or while that waits, sees the old order.
func (lib *tableLib) sort(L *lua.LState) int {
	t := checkTable(L, 1)
	s := &sorter{L: L, lib: lib, values: make([]lua.LValue, t.Len())}
	if L.Get(2) != lua.LNil {
		s.before = checkFunction(L, 2)
	}
	for i := range s.values {
		s.values[i] = t.RawGetInt(i + 1)
		lib.breathe(L, i)
	}
	s.sort(0, len(s.values)-1)
	for i, v := range s.values {
		t.RawSetInt(i+1, v)
		lib.breathe(L, i)
	}
	return 0
}

// A sorter sorts as Lua 5.1 does, by quicksort, so that equal values end up in
// the same order and a bad order function raises the same error.
type sorter struct {
	L      *lua.LState
	lib    *tableLib
	before *lua.LFunction // nil for <
	values []lua.LValue
	asked  int // how often
}

func (s *sorter) less(a, b lua.LValue) bool {
	s.asked++
	s.lib.breathe(s.L, s.asked)
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

// order puts two values in order.
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
		if middle-low < high-middle { // the smaller part by a call, the larger in this loop
			s.sort(low, middle-1)
			low = middle + 1
		} else {
			s.sort(middle+1, high)
			high = middle - 1
		}
	}
}

// partition puts what is before the value at middle below it and the rest
// above, and returns where that value is then.
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
