// The page of `paxsim explain`, as data; tests/sim/explain_chromium_test looks at it in a browser.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <string>

#include "sim/paxsim_explain.h"
#include "sim/paxsim_picture.h"
#include "sim/paxsim_words.h"

namespace paxos::sim {
namespace {

namespace json = boost::json;

Recipe ShortRecipe() {
  Recipe recipe;
  recipe.seed = 5;
  recipe.noise = seconds{3};
  return recipe;
}

// What stands in the page between the two ends of its data.
json::object DataOf(const std::string& page) {
  const std::string begin = "<script id=\"data\" type=\"application/json\">";
  const std::size_t from = page.find(begin) + begin.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from)).as_object();
}

TEST(ExplainTest, ThePageNeedsNothingFromElsewhere) {
  const std::string page(ExplainTemplate());
  for (const char* link : {"http://", "https://", "src=", "@import", "fetch("}) {
    EXPECT_EQ(page.find(link), std::string::npos) << link;
  }
}

TEST(ExplainTest, MessagesArriveAfterTheyWereSentAtLanesThatThereAre) {
  const json::object data = DataOf(ExplainPage(ShortRecipe()));
  std::set<std::int64_t> lanes{0};
  for (const json::value& lane : data.at("lanes").as_array()) lanes.insert(lane.as_int64());
  EXPECT_GE(lanes.size(), 5U);
  std::size_t arrived = 0;
  for (const json::value& each : data.at("arrows").as_array()) {
    const json::array& arrow = each.as_array();
    EXPECT_EQ(lanes.count(arrow[1].as_int64()), 1U);
    if (arrow[2].as_int64() < 0) continue;
    EXPECT_LE(arrow[0].as_int64(), arrow[2].as_int64());
    EXPECT_EQ(lanes.count(arrow[3].as_int64()), 1U);
    ++arrived;
  }
  EXPECT_GT(arrived, 100U);
}

TEST(ExplainTest, ARunWithoutFailureHasNoWitness) {
  const json::object data = DataOf(ExplainPage(ShortRecipe()));
  EXPECT_EQ(data.at("tag").as_string(), "");
  EXPECT_TRUE(data.at("witnesses").as_array().empty());
}

// A failure that names a node and a slot: whoever else stored something for that slot is the other
// witness.
TEST(ExplainTest, AFailureHasTwoWitnesses) {
  Picture picture;
  SeedResult result = RunRecipe(ShortRecipe(), {{&picture}, {&picture}});
  result.tag = "INV-1";
  result.what = "check failed (node=1 slot=3)";
  result.at = result.simulated;
  const json::object data = json::parse(picture.ToJson("title", result)).as_object();
  const json::array& witnesses = data.at("witnesses").as_array();
  ASSERT_EQ(witnesses.size(), 2U);
  EXPECT_NE(witnesses[0].as_array()[1].as_int64(), 1);
  const std::string text(witnesses[0].as_array()[4].as_string());
  EXPECT_NE(text.find("slot=3"), std::string::npos) << text;
  EXPECT_EQ(witnesses[1].as_array()[1].as_int64(), 1);
}

TEST(ExplainTest, NoTextEndsTheScript) {
  Picture picture;
  SeedResult result = RunRecipe(ShortRecipe(), {{&picture}, {&picture}});
  result.tag = "INV-1";
  result.what = "</script><b>";
  const std::string text = picture.ToJson("<!--", result);
  EXPECT_EQ(text.find('<'), std::string::npos);
}

TEST(WordsTest, SayWhatACommandDoes) {
  const std::string command = EncodeCommand(
      SessionCall{SessionId{7}, 2, 1, Encode(lockservice::Operation(lockservice::Touch{})), {}});
  EXPECT_EQ(TextOfCommand(command), "call session=7 seq=2 Touch{}");
}

}  // namespace
}  // namespace paxos::sim
