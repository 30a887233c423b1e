#include "paxos/text_writer.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/paxos/archive_sample.h"

namespace paxos {
namespace {

using namespace sample;

TEST(TextWriterTest, WritesOneOfEverythingOnOneLine) {
  EXPECT_EQ(ToText(Sample()),
            "Everything{flag=true byte=255 number=300 colour=blue grade=1 seat=7 name=\"abc\" "
            "digest=0102fe points=[{x=1 y=-1} {x=-2 y=64}] queue=[0 127 128] words=[\"a\" \"b\"] "
            "steps={1:[none Move{to={x=3 y=4}}] 9:[\"go\"]} pair=(-300 true) maybe={x=5 y=6} "
            "delay=150ms when=-1s shared=Move{to={x=8 y=9}}}");
}

TEST(TextWriterTest, WritesNothingAsNone) {
  EXPECT_EQ(ToText(std::optional<int>()), "none");
  EXPECT_EQ(ToText(Step()), "none");
  EXPECT_EQ(ToText(std::shared_ptr<const Point>()), "none");
  EXPECT_EQ(ToText(std::vector<int>()), "[]");
}

TEST(TextWriterTest, EscapesBytesThatAreNotPlainText) {
  EXPECT_EQ(ToText(std::string("a\"\\\n\x01\xff")), R"("a\"\\\n\x01\xff")");
}

TEST(TextWriterTest, ShortensLongStringsAndTellsTheirLength) {
  EXPECT_EQ(ToText(std::string(32, 'a')), '"' + std::string(32, 'a') + '"');
  EXPECT_EQ(ToText(std::string(33, 'a')), '"' + std::string(32, 'a') + "...\"(33 bytes)");
}

TEST(TextWriterTest, WritesUnitsAfterDurations) {
  using namespace std::chrono_literals;
  EXPECT_EQ(ToText(std::pair(5ns, 6us)), "(5ns 6us)");
  EXPECT_EQ(ToText(std::chrono::minutes(2)), "2min");
}

TEST(TextWriterTest, ShowsDescribedValuesOnStreams) {
  std::ostringstream stream;
  stream << Move{.to = {.x = 1, .y = 2}};
  EXPECT_EQ(stream.str(), "Move{to={x=1 y=2}}");
}

}  // namespace
}  // namespace paxos
