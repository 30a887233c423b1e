#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "paxos/archive.h"
#include "paxos/strong_id.h"

// A type that holds one of everything an archive can write, for the tests of the archives.
namespace paxos::sample {

using Seat = StrongId<struct SeatTag>;

enum class Colour : std::uint8_t { kRed = 1, kGreen = 2, kBlue = 200 };
inline bool IsKnown(Colour colour) {
  return colour == Colour::kRed || colour == Colour::kGreen || colour == Colour::kBlue;
}
inline std::string ShortText(Colour colour) {
  return colour == Colour::kRed ? "red" : colour == Colour::kGreen ? "green" : "blue";
}

enum class Grade { kLow, kHigh };
inline bool IsKnown(Grade grade) { return grade == Grade::kLow || grade == Grade::kHigh; }

struct Point {
  std::int32_t x = 0;
  std::int64_t y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

template <class Archive>
void serialize(Archive& ar, Point& p, unsigned /*version*/) {
  ar& Named("x", p.x) & Named("y", p.y);
}

struct Move {
  static constexpr const char* kName = "Move";
  Point to{};
  friend bool operator==(const Move&, const Move&) = default;
};

template <class Archive>
void serialize(Archive& ar, Move& m, unsigned /*version*/) {
  ar& Named("to", m.to);
}

using Step = std::variant<std::monostate, Move, std::string>;

struct Everything {
  static constexpr const char* kName = "Everything";
  bool flag = false;
  std::uint8_t byte = 0;
  std::uint32_t number = 0;
  Colour colour = Colour::kRed;
  Grade grade = Grade::kLow;
  Seat seat{};
  std::string name{};
  std::array<std::uint8_t, 3> digest{};
  std::vector<Point> points{};
  std::deque<std::uint64_t> queue{};
  std::set<std::string> words{};
  std::map<Seat, std::vector<Step>> steps{};
  std::pair<std::int16_t, bool> pair{};
  std::optional<Point> maybe{};
  std::chrono::milliseconds delay{};
  std::chrono::sys_seconds when{};
  std::shared_ptr<const Move> shared = std::make_shared<Move>();

  friend bool operator==(const Everything& a, const Everything& b) {
    return Encode(a) == Encode(b);
  }
};

template <class Archive>
void serialize(Archive& ar, Everything& e, unsigned /*version*/) {
  ar& Named("flag", e.flag) & Named("byte", e.byte) & Named("number", e.number) &
      Named("colour", e.colour) & Named("grade", e.grade) & Named("seat", e.seat) &
      Named("name", e.name) & Named("digest", e.digest) & Named("points", e.points) &
      Named("queue", e.queue) & Named("words", e.words) & Named("steps", e.steps) &
      Named("pair", e.pair) & Named("maybe", e.maybe) & Named("delay", e.delay) &
      Named("when", e.when) & Named("shared", e.shared);
}

inline Everything Sample() {
  return Everything{
      .flag = true,
      .byte = 255,
      .number = 300,
      .colour = Colour::kBlue,
      .grade = Grade::kHigh,
      .seat = Seat(7),
      .name = "abc",
      .digest = {1, 2, 254},
      .points = {Point{.x = 1, .y = -1}, Point{.x = -2, .y = 64}},
      .queue = {0, 127, 128},
      .words = {"a", "b"},
      .steps = {{Seat(1), {std::monostate{}, Move{.to = {.x = 3, .y = 4}}}}, {Seat(9), {"go"}}},
      .pair = {std::int16_t{-300}, true},
      .maybe = Point{.x = 5, .y = 6},
      .delay = std::chrono::milliseconds(150),
      .when = std::chrono::sys_seconds(std::chrono::seconds(-1)),
      .shared = std::make_shared<Move>(Move{.to = {.x = 8, .y = 9}})};
}

}  // namespace paxos::sample
