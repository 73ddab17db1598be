// Moonlark gives a voice agent hands, written in Lua: see README.md.
package main

import (
	"os"

	"moonlark/engine/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
