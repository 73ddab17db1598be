package screen

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

var colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// minContrast is the contrast that the accent must have with the background: that of WCAG 2.2 AA.
const minContrast = 4.5

// backgrounds are the colours behind the accent, by scheme.
var backgrounds = map[string]string{"dark": "#090c12", "light": "#f5f2eb"}

// legible returns the accent, made so much lighter or darker that its contrast with the background of
// the scheme is at least minContrast.
func legible(accent, scheme string) string {
	if accent == "" {
		return ""
	}
	background := backgrounds[scheme]
	for range 100 {
		if contrast(accent, background) >= minContrast {
			break
		}
		red, green, blue := parts(accent)
		towards := 1.0
		if scheme == "light" {
			towards = 0
		}
		accent = colour(mix(red, towards), mix(green, towards), mix(blue, towards))
	}
	return accent
}

// mix moves a part of a colour 6 % nearer to another value.
func mix(part, towards float64) float64 { return part + (towards-part)*0.06 }

// parts returns red, green and blue of a colour such as "#f1d08a", from 0 to 1.
func parts(colour string) (red, green, blue float64) {
	n, _ := strconv.ParseUint(colour[1:], 16, 32)
	return float64(n>>16&255) / 255, float64(n>>8&255) / 255, float64(n&255) / 255
}

// colour returns a colour such as "#f1d08a": the opposite of parts.
func colour(red, green, blue float64) string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(red*255)), int(math.Round(green*255)), int(math.Round(blue*255)))
}

// contrast returns the contrast of two colours as WCAG 2.2 defines it, from 1 to 21.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance returns the relative luminance of a colour as WCAG 2.2 defines it, from 0 to 1.
func luminance(colour string) float64 {
	linear := func(c float64) float64 {
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	red, green, blue := parts(colour)
	return 0.2126*linear(red) + 0.7152*linear(green) + 0.0722*linear(blue)
}
