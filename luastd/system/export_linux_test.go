package system

// SetBrightnessByLogin is setBrightnessByLogin, for tests.
var SetBrightnessByLogin = setBrightnessByLogin
