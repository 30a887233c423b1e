#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "paxos/strong_id.h"

// What kind of type is this? One concept for each thing an archive can write, so that the four
// archives (binary writer and reader, JSON, text) are each one list of overloads. The concepts are
// disjoint; a type that fits none of them does not compile into an archive.
namespace paxos::shape {

template <class T, template <class...> class Template>
inline constexpr bool kIs = false;
template <template <class...> class Template, class... Args>
inline constexpr bool kIs<Template<Args...>, Template> = true;

template <class T>
inline constexpr bool kIsByteArray = false;
template <std::size_t N>
inline constexpr bool kIsByteArray<std::array<std::uint8_t, N>> = true;

template <class T>
concept Boolean = std::same_as<T, bool>;

template <class T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

// Characters are no integers here: the sign of `char` differs between machines.
template <class T>
concept Integer = std::integral<T> && !Boolean<T> && !Character<T>;

template <class T>
concept Enumeration = std::is_enum_v<T>;

template <class T>
concept Id = kIs<T, StrongId>;

template <class T>
concept Bytes = std::same_as<T, std::string>;

template <class T>
concept ByteArray = kIsByteArray<T>;

template <class T>
concept Sequence = kIs<T, std::vector> || kIs<T, std::deque>;

template <class T>
concept Map = kIs<T, std::map>;

template <class T>
concept Set = kIs<T, std::set>;

template <class T>
concept Pair = kIs<T, std::pair>;

template <class T>
concept Optional = kIs<T, std::optional>;

template <class T>
concept Variant = kIs<T, std::variant>;

template <class T>
concept Duration = kIs<T, std::chrono::duration> && Integer<typename T::rep>;

template <class T>
concept TimePoint = kIs<T, std::chrono::time_point> && Duration<typename T::duration>;

// An owned or shared value behind a pointer that is never null.
template <class T>
concept Pointer = kIs<T, std::unique_ptr> || kIs<T, std::shared_ptr>;

template <class T>
concept Monostate = std::same_as<T, std::monostate>;

// Stands in for any archive when asking whether a type describes itself.
struct Probe {
  using is_saving = std::true_type;
  using is_loading = std::false_type;
};

// A class with its own `serialize(Archive&, T&, unsigned version)`, found by ADL.
template <class T>
concept Described = std::is_class_v<T> && !Id<T> && requires(Probe & ar, T& value) {
  serialize(ar, value, 0U);
};

// A class that wants its name printed: `static constexpr const char* kName = "Accept";`.
template <class T>
concept NamedType = requires {
  { T::kName } -> std::convertible_to<std::string_view>;
};

}  // namespace paxos::shape
