#pragma once

#include "problems.hpp"
#include "yaml_tree.hpp"

namespace inferway::config {

/// Goes over the file for what the contract knows and this version does not do. What asks for something is an error,
/// so that nobody relies on it. The list stands in not_yet.cpp: a row goes when its feature comes.
void check_not_yet(Tree const& tree, Problems& problems);

}  // namespace inferway::config
