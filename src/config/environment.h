// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// `${NAME}` in the text of a document becomes the value of the environment variable NAME when there is one, and stays as it is
// otherwise (spec: ambassador.md 7, rule 5). `$NAME` is left alone, because `$` occurs in regular expressions. A value with a control
// character is not put in: it could change the lines and the structure of the document.
#pragma once

#include <string>
#include <string_view>

namespace nuncio::config {

std::string expand_environment(std::string_view text);

}  // namespace nuncio::config
