package db

import "moonlark/engine/permit"

// A growth limits the size of a file in the data folder to the room that the folder has for all its
// files. It belongs to the goroutine of the lane that changes the file.
type growth struct {
	place permit.Place
	size  int64 // the size of the database that has been counted, in bytes
	room  int64 // the room in the folder for which the limit of the connection was set
}

// newGrowth limits the size of the file at place. It returns nil if the file is not in the data
// folder.
func newGrowth(c *connection, place permit.Place) (*growth, error) {
	room, limited := place.Room(true)
	if !limited {
		return nil, nil
	}
	size, _, err := c.Size()
	if err != nil {
		return nil, err
	}
	g := &growth{place: place, size: size}
	return g, g.limit(c, room)
}

func (g *growth) limit(c *connection, room int64) error {
	g.room = room
	return c.Trusted(func() error { return c.LimitGrowth(room) })
}

// update changes the limit if other files have grown or have been removed. Call it before a
// statement.
func (g *growth) update(c *connection) error {
	if room, _ := g.place.Room(false); room != g.room {
		return g.limit(c, room)
	}
	return nil
}

// count counts by how much the file has grown. Call it after a statement.
func (g *growth) count(c *connection) {
	size, _, err := c.Size()
	if err != nil || size == g.size {
		return
	}
	g.place.Reserve(g.size, size)
	g.room -= size - g.size
	g.size = size
}
