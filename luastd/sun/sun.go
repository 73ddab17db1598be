// Package sun computes when the sun rises and sets. It uses the formulas of Jean Meeus'
// Astronomical Algorithms that the solar calculator of NOAA uses too. The results are right to
// within a minute between the polar circles, for the years 1900 to 2100.
package sun

import (
	"math"
	"time"
)

const (
	// horizon is the altitude in degrees of the centre of the sun when its upper edge is on the
	// horizon. The air lifts its image by 34 minutes of arc, and its radius is 16.
	horizon = -50.0 / 60
	// twilight is the altitude in degrees at which the civil twilight begins or ends.
	twilight = -6.0
)

// A Day has what the sun does between two midnights of solar time. A time is zero if it does not
// occur.
type Day struct {
	Dawn time.Time // the civil twilight begins
	Rise time.Time // the upper edge of the sun appears
	Noon time.Time // the sun is highest
	Set  time.Time // the upper edge of the sun disappears
	Dusk time.Time // the civil twilight ends

	// Up is "always" if the sun does not set, "never" if it does not rise, and "" otherwise.
	Up string
}

// On returns the day whose noon is next to the moment near. A latitude is from -90 to 90 degrees,
// north is positive. A longitude is from -180 to 180 degrees, east is positive.
func On(near time.Time, latitude, longitude float64) Day {
	noon := noonNear(near, longitude)
	before, after := noon.Add(-12*time.Hour), noon.Add(12*time.Hour)
	altitude := func(t time.Time) float64 { return altitudeAt(t, latitude, longitude) }
	d := Day{
		Dawn: crossing(before, noon, twilight, altitude),
		Rise: crossing(before, noon, horizon, altitude),
		Noon: noon,
		Set:  crossing(after, noon, horizon, altitude),
		Dusk: crossing(after, noon, twilight, altitude),
	}
	if d.Rise.IsZero() && d.Set.IsZero() {
		d.Up = "never"
		if altitude(noon) > horizon {
			d.Up = "always"
		}
	}
	return d
}

// noonNear returns the noon of solar time that is next to t.
func noonNear(t time.Time, longitude float64) time.Time {
	for range 3 { // the equation of time changes by up to 30 s a day
		_, equation := position(t)
		degrees := solarAngle(t, equation, longitude)
		t = t.Add(-time.Duration(degrees / 360 * 24 * float64(time.Hour)))
	}
	return t
}

// crossing returns when the sun has the given altitude between midnight and noon. It returns the
// zero time if the sun is never that low, or never that high.
func crossing(midnight, noon time.Time, altitude float64, altitudeAt func(time.Time) float64) time.Time {
	low, high := midnight, noon
	if altitudeAt(low) > altitude || altitudeAt(high) < altitude {
		return time.Time{}
	}
	for range 20 { // 12 hours become less than 0.1 s
		middle := low.Add(high.Sub(low) / 2)
		if altitudeAt(middle) < altitude {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// altitudeAt returns the altitude of the sun at t in degrees, without the effect of the air.
func altitudeAt(t time.Time, latitude, longitude float64) float64 {
	declination, equation := position(t)
	angle := solarAngle(t, equation, longitude)
	return asin(sin(latitude)*sin(declination) + cos(latitude)*cos(declination)*cos(angle))
}

// solarAngle returns how far the sun is past the south (in the southern hemisphere, the north) at
// t, from -180 to 180 degrees.
func solarAngle(t time.Time, equation, longitude float64) float64 {
	sinceMidnight := float64(t.Unix()%86400) + float64(t.Nanosecond())/1e9
	return math.Remainder(sinceMidnight/86400*360+equation+longitude-180, 360)
}

// position returns the declination of the sun at t, and the equation of time, which is how far the
// solar time is ahead of the mean time. Both are in degrees.
func position(t time.Time) (declination, equation float64) {
	century := (float64(t.Unix())/86400 + 2440587.5 - 2451545) / 36525 // since the noon of 2000-01-01
	longitude := 280.46646 + century*(36000.76983+century*0.0003032)   // mean longitude
	anomaly := 357.52911 + century*(35999.05029-century*0.0001537)     // mean anomaly
	eccentricity := 0.016708634 - century*(0.000042037+century*0.0000001267)
	centre := sin(anomaly)*(1.914602-century*(0.004817+century*0.000014)) +
		sin(2*anomaly)*(0.019993-century*0.000101) + sin(3*anomaly)*0.000289
	node := 125.04 - 1934.136*century
	apparent := longitude + centre - 0.00569 - 0.00478*sin(node)
	obliquity := 23.43929111 - century*0.0130042 + 0.00256*cos(node)

	y := math.Pow(math.Tan(obliquity/2*math.Pi/180), 2)
	equation = 180 / math.Pi * (y*sin(2*longitude) - 2*eccentricity*sin(anomaly) +
		4*eccentricity*y*sin(anomaly)*cos(2*longitude) -
		y*y/2*sin(4*longitude) - 1.25*eccentricity*eccentricity*sin(2*anomaly))
	return asin(sin(obliquity) * sin(apparent)), equation
}

func sin(degrees float64) float64 { return math.Sin(degrees * math.Pi / 180) }
func cos(degrees float64) float64 { return math.Cos(degrees * math.Pi / 180) }
func asin(x float64) float64      { return math.Asin(max(-1, min(1, x))) * 180 / math.Pi }
