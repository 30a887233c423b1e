#include "paxos/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <type_traits>

namespace paxos {
namespace {

Status NoSpace() { return {ErrorCode::kIo, "No space left"}; }

Result<int> Half(int number) {
  if (number % 2 != 0) return Status(ErrorCode::kInvalidArgument, "odd");
  return number / 2;
}

TEST(StatusTest, IsOkUnlessToldOtherwise) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(Status(), Status::Ok());
  EXPECT_EQ(Status::Ok().ToString(), "ok");
}

TEST(StatusTest, SaysWhatKindOfFailureAndWhy) {
  EXPECT_FALSE(NoSpace().ok());
  EXPECT_EQ(NoSpace().code(), ErrorCode::kIo);
  EXPECT_EQ(NoSpace().ToString(), "io: No space left");
}

TEST(StatusTest, GathersWhatWasAttemptedOnItsWayOut) {
  const Status status = NoSpace().Annotate("append 4096 bytes").Annotate("write slots 12..40");
  EXPECT_EQ(status.ToString(), "io: write slots 12..40: append 4096 bytes: No space left");
  EXPECT_TRUE(Status::Ok().Annotate("write").ok());
}

TEST(StatusTest, NamesEveryCode) {
  std::set<std::string> names;
  for (std::uint8_t code = 0; IsKnown(static_cast<ErrorCode>(code)); ++code) {
    names.insert(Name(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), 12U);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(ResultTest, HoldsAValue) {
  const Result<int> half = Half(8);
  ASSERT_TRUE(half.has_value());
  EXPECT_TRUE(static_cast<bool>(half));
  EXPECT_EQ(*half, 4);
  EXPECT_EQ(half.value(), 4);
  EXPECT_EQ(half.value_or(-1), 4);
}

TEST(ResultTest, HoldsAnError) {
  const Result<int> half = Half(7);
  ASSERT_FALSE(half.has_value());
  EXPECT_EQ(half.error(), Status(ErrorCode::kInvalidArgument, "odd"));
  EXPECT_EQ(half.value_or(-1), -1);
}

TEST(ResultTest, MovesOutWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(3);
  const std::unique_ptr<int> number = *std::move(made);
  EXPECT_EQ(*number, 3);
}

TEST(ResultTest, ReachesMembersThroughTheArrow) {
  Result<std::string> text = std::string("abc");
  text->push_back('d');
  EXPECT_EQ(text->size(), 4U);
}

TEST(ResultTest, ConvertsFromWhatItsValueConvertsFrom) {
  const Result<std::string> text = "abc";
  EXPECT_EQ(*text, "abc");
  static_assert(!std::is_convertible_v<std::string, Result<int>>);
  static_assert(!std::is_convertible_v<int, Result<std::unique_ptr<int>>>);
}

TEST(ResultDeathTest, AskingForWhatIsNotThereIsABug) {
  EXPECT_DEATH(static_cast<void>(*Half(7)), "RESULT.*invalid argument: odd");
  EXPECT_DEATH(static_cast<void>(Half(8).error()), "RESULT");
  EXPECT_DEATH(static_cast<void>(Result<int>(Status::Ok())), "RESULT");
}

}  // namespace
}  // namespace paxos
