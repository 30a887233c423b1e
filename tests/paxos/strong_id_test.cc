#include "paxos/strong_id.h"

#include <gtest/gtest.h>

#include <concepts>
#include <sstream>

#include "paxos/archive.h"

namespace paxos {
namespace {

using Page = StrongId<struct PageTag>;
using Line = StrongId<struct LineTag, std::uint32_t>;

template <class A, class B>
concept Adds = requires(A a, B b) {
  a + b;
};

TEST(StrongIdTest, MixesWithNothingElse) {
  static_assert(!std::convertible_to<std::uint64_t, Page>);
  static_assert(!std::convertible_to<Page, std::uint64_t>);
  static_assert(!std::equality_comparable_with<Page, Line>);
  static_assert(!Adds<Page, Page>);
  EXPECT_EQ(Page().value(), 0U);
}

TEST(StrongIdTest, OrdersAsItsNumber) {
  EXPECT_LT(Page(1), Page(2));
  EXPECT_EQ(Page(3), Page(3));
  EXPECT_GT(Page(4), Page(3));
}

TEST(StrongIdTest, CountsStepsAndDistances) {
  Page page(5);
  EXPECT_EQ(page.next(), Page(6));
  EXPECT_EQ(page.prev(), Page(4));
  EXPECT_EQ(++page, Page(6));
  EXPECT_EQ(page + 10, Page(16));
  EXPECT_EQ(Page(16) - page, 10U);
}

TEST(StrongIdTest, ShowsAndEncodesAsItsNumber) {
  std::ostringstream stream;
  stream << Page(300);
  EXPECT_EQ(stream.str(), "300");
  EXPECT_EQ(ToText(Line(300)), "300");
  EXPECT_EQ(ToJson(Line(300)), "300");
  EXPECT_EQ(Encode(Page(300)), Encode(std::uint64_t{300}));
}

TEST(StrongIdTest, RefusesBytesBeyondItsRange) {
  const std::string bytes = Encode(Page(1ULL << 32));
  EXPECT_EQ(*Decode<Page>(bytes), Page(1ULL << 32));
  EXPECT_FALSE(Decode<Line>(bytes).has_value());
}

}  // namespace
}  // namespace paxos
