#include "paxos/json_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/paxos/archive_sample.h"

namespace paxos {
namespace {

using namespace sample;

TEST(JsonWriterTest, WritesOneOfEverything) {
  EXPECT_EQ(
      ToJson(Sample()),
      R"({"flag":true,"byte":255,"number":300,"colour":"blue","grade":1,"seat":7,"name":"abc",)"
      R"("digest":"0102fe","points":[{"x":1,"y":-1},{"x":-2,"y":64}],"queue":[0,127,128],)"
      R"("words":["a","b"],"steps":{"1":[{"0":null},{"Move":{"to":{"x":3,"y":4}}}],)"
      R"("9":[{"2":"go"}]},"pair":[-300,true],"maybe":{"x":5,"y":6},"delay":150,"when":-1,)"
      R"("shared":{"to":{"x":8,"y":9}}})");
}

TEST(JsonWriterTest, WritesNothingAsNull) {
  EXPECT_EQ(ToJson(std::optional<int>()), "null");
  EXPECT_EQ(ToJson(std::vector<int>()), "[]");
  EXPECT_EQ(ToJson(std::map<std::string, int>()), "{}");
}

TEST(JsonWriterTest, MakesObjectsOnlyOfMapsWithPlainKeys) {
  EXPECT_EQ(ToJson(std::map<std::string, int>{{"a", 1}, {"b", 2}}), R"({"a":1,"b":2})");
  EXPECT_EQ(ToJson(std::map<int, bool>{{-1, true}}), R"({"-1":true})");
  EXPECT_EQ(ToJson(std::map<std::pair<int, int>, int>{{{1, 2}, 3}}), "[[[1,2],3]]");
}

TEST(JsonWriterTest, EscapesWhatJsonDemands) {
  EXPECT_EQ(ToJson(std::string("\"\\\n\x7f")), R"("\"\\\u000a\u007f")");
  EXPECT_EQ(ToJson(std::string("\0", 1)), R"("\u0000")");
}

TEST(JsonWriterTest, KeepsUtf8) {
  EXPECT_EQ(ToJson(std::string("schl\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x94\x92")),
            "\"schl\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x94\x92\"");
}

TEST(JsonWriterTest, EscapesEachHighByteOfStringsThatAreNotUtf8) {
  EXPECT_EQ(ToJson(std::string("a\xff")), R"("a\u00ff")");
  EXPECT_EQ(ToJson(std::string("\xc3")), R"("\u00c3")");                      // cut short
  EXPECT_EQ(ToJson(std::string("\xc0\xaf")), R"("\u00c0\u00af")");            // overlong
  EXPECT_EQ(ToJson(std::string("\xed\xa0\x80")), R"("\u00ed\u00a0\u0080")");  // surrogate
  EXPECT_EQ(ToJson(std::string("\xf4\x90\x80\x80")), R"("\u00f4\u0090\u0080\u0080")");
}

}  // namespace
}  // namespace paxos
