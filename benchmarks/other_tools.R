# One figure with SurvdigitizeR, or one arm with IPDfromKM; called by other_tools.py. Arguments: what, input, output, and
# for a figure: number of curves, then start, end and increment of the x and of the y axis.
arguments <- commandArgs(trailingOnly = TRUE)
input <- arguments[2]
output <- arguments[3]
if (arguments[1] == "survdigitizer") {
  library(SurvdigitizeR)
  said <- as.numeric(arguments[4:10])
  found <- survival_digitize(
    img_path = input, num_curves = said[1], x_start = said[2], x_end = said[3], x_increment = said[4],
    y_start = said[5], y_end = said[6], y_increment = said[7], y_text_vertical = TRUE
  )
  write.csv(found[, c("curve", "time", "St")], output, row.names = FALSE)
} else {
  suppressMessages({library(dplyr); library(IPDfromKM)})
  points <- read.csv(input)
  risk <- read.csv(sub("points", "risk", input))
  prepared <- preprocess(dat = points, trisk = risk$time, nrisk = risk$count, maxy = 1)
  write.csv(getIPD(prep = prepared, armID = 1)$IPD, output, row.names = FALSE)
}
