package snmp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cases are the 54 cases of ROBUSTNESS, section 3, that are about SNMP, with the tests that play them. Where a test has
// several, the subtest begins with the number. The counters that the collector decides are capacity's.
var cases = map[string][]string{
	"TestSilence": {"1"}, "TestGoodReplyAfterBadOne": {"2", "3", "4", "5", "6", "7", "20"}, "TestNamesAreMatched": {"8"},
	"TestErrorsInReplies": {"9", "16"}, "TestAnotherSource": {"10"}, "TestValuesThatAreNone": {"11", "12", "13", "14", "15", "17", "18", "19"},
	"TestFloodOfForeignReplies": {"21"}, "TestRetryRepeatsTheRequestID": {"22"}, "TestLateReply": {"22"}, "TestRefused": {"23"},
	"TestValuesAreCopied": {"24"}, "TestCredentialValidate": {"25"}, "TestCancelReturnsAtOnce": {"26"},
	"TestWalkOfMisbehavingDevices": {"27", "28", "29", "30", "31", "32", "34"}, "TestColumnsOfMisbehavingDevices": {"27", "28", "29", "30", "31", "32", "34"},
	"TestWalkTimeout": {"33"}, "TestTimeoutInATableKeepsTheOldRows": {"33"}, "TestSlowWalkEndsWithItsTime": {"35"}, "TestBudget": {"35"},
	// 36 to 39, 42, 45 and 46 are decided by collector/capacity, of readings that this package hands on as they are.
	"TestPlanNoticesChanges": {"40"}, "TestUpTimeWraps": {"40"}, "TestEngineTimeIsNoUpTime": {"41"}, "TestDiscoverKeepsKeys": {"43"}, "TestDuplicateNames": {"44"},
	"TestEngineChanges": {"47", "51", "54"}, "TestSNMPDCredentials": {"48"}, "TestLyingEngines": {"49", "50", "51"},
	"TestTwins": {"52"}, "TestRandomEngineIDs": {"53"},
}

// TestCasesHaveTests: the table above names tests that exist, and covers all cases that are this package's.
func TestCasesHaveTests(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	covered := map[string]bool{}
	for name, numbers := range cases {
		if !strings.Contains(source.String(), "\nfunc "+name+"(t *testing.T)") {
			t.Errorf("%s: no such test", name)
		}
		for _, n := range numbers {
			covered[n] = true
		}
	}
	for _, n := range strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 40 41 43 44 47 48 49 50 51 52 53 54") {
		if !covered[n] {
			t.Errorf("case %s has no test", n)
		}
	}
}
