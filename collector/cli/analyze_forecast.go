package cli

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ninewatch/collector/capacity"
)

// forecastFlags are the flags of analyze forecast.
type forecastFlags struct {
	step, column, zone, output string
	season, horizon            int
	origins                    []int
	limit                      float64
	hasLimit                   bool
}

func analyzeForecastCommand() *cobra.Command {
	var fl forecastFlags
	c := &cobra.Command{
		Use: "forecast FILE.csv", Short: "What follows the values of a file, and when a limit is reached", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			fl.hasLimit = c.Flags().Changed("limit")
			in, err := fl.read(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			return in.answer().write(c.OutOrStdout(), fl.output)
		},
	}
	f := c.Flags()
	f.StringVar(&fl.step, "step", "", "`DURATION` of a value, such as 5m, 1h or 1d; without, the usual distance of the times")
	f.IntVar(&fl.season, "season", 0, "steps after which the pattern repeats; without, a week of hours or days")
	f.IntVar(&fl.horizon, "horizon", 0, "steps to forecast; without, a week of hours or 180 days")
	f.IntSliceVar(&fl.origins, "origin", nil, "use the first `N` values only; may be given several times")
	f.Float64Var(&fl.limit, "limit", 0, "say when this value is reached")
	f.StringVar(&fl.column, "column", "", "the `NAME` of the column, or of the row where each row is a series")
	f.StringVar(&fl.zone, "zone", "UTC", "the `ZONE` whose clock the hours of the week follow, such as Europe/Lisbon")
	f.StringVarP(&fl.output, "output", "o", "table", "table, csv or json")
	return c
}

// forecastInput is a file and what is asked of it.
type forecastInput struct {
	series  capacity.Series
	options capacity.Options
	origins []int
	limit   *float64
}

const maxForecast = 100_000 // steps: more is a slip of the keyboard

func (fl *forecastFlags) read(name string, stdin io.Reader) (in forecastInput, err error) {
	if !slices.Contains([]string{"table", "csv", "json"}, fl.output) {
		return in, usage{fmt.Errorf("output format %q: it is one of table, csv, json", fl.output)}
	}
	step, err := parseStep(fl.step)
	if err != nil {
		return in, usage{err}
	}
	zone, err := time.LoadLocation(fl.zone)
	if err != nil {
		return in, usage{fmt.Errorf("zone %q: want a name such as Europe/Lisbon", fl.zone)}
	}
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return in, err
		}
		defer file.Close()
		stdin = file
	}
	if in.series, err = capacity.ReadSeries(stdin, fl.column, step.Milliseconds()); err != nil {
		return in, fmt.Errorf("%s: %w", name, err)
	}
	in.options = capacity.Options{Season: fl.season, Horizon: fl.horizon, Calendar: capacity.Calendar{Zone: zone}}
	in.defaults()
	if in.options.Season < 1 || in.options.Horizon < 1 || in.options.Season > maxForecast || in.options.Horizon > maxForecast {
		return in, usage{fmt.Errorf("season %d, horizon %d: want steps from 1 to %d", in.options.Season, in.options.Horizon, maxForecast)}
	}
	in.origins = fl.origins
	if len(in.origins) == 0 {
		in.origins = []int{len(in.series.Values)}
	}
	for _, o := range in.origins {
		if o < 0 || o > len(in.series.Values) {
			return in, usage{fmt.Errorf("origin %d: the file has %d values", o, len(in.series.Values))}
		}
	}
	if fl.hasLimit {
		if math.IsNaN(fl.limit) || math.IsInf(fl.limit, 0) {
			return in, usage{fmt.Errorf("limit %v: want a number", fl.limit)}
		}
		in.limit = &fl.limit
	}
	return in, nil
}

const day = 24 * time.Hour

func (in *forecastInput) step() time.Duration {
	return time.Duration(in.series.Step) * time.Millisecond
}

func (in *forecastInput) defaults() {
	if len(in.series.Values) == 0 && in.step() < time.Second {
		in.series.Step = day.Milliseconds() // of nothing, which is refused by name
	}
	week := max(1, int(7*day/max(in.step(), time.Millisecond)))
	if in.options.Season == 0 {
		in.options.Season = week
	}
	if in.options.Horizon == 0 {
		in.options.Horizon = week
		if in.step() >= day {
			in.options.Horizon = max(1, int(180*day/in.step()))
		}
	}
}

// parseStep reads a duration; days are 1d.
func parseStep(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	step, err := time.ParseDuration(text)
	if number, found := strings.CutSuffix(text, "d"); found {
		var days float64
		days, err = strconv.ParseFloat(number, 64)
		step = time.Duration(days * float64(day))
	}
	if err != nil || step < time.Second || step > 366*day {
		return 0, fmt.Errorf("step %q: want a duration from 1s to 366d, such as 5m, 1h or 1d", text)
	}
	return step, nil
}

// forecastAnswer is what the command prints (contract, section 7).
type forecastAnswer struct {
	Origins  []forecastOrigin `json:"origins"`
	Backtest forecastBacktest `json:"backtest"`
	Limit    *forecastLimit   `json:"limit"`
	Withheld *string          `json:"withheld"`
	Shifts   []int            `json:"-"`
}

type forecastOrigin struct {
	Origin    int              `json:"origin"`
	Model     string           `json:"model"`
	Quantiles []forecastValues `json:"quantiles"`
}

type forecastValues struct {
	Step int     `json:"step"`
	Q10  float64 `json:"q10"`
	Q50  float64 `json:"q50"`
	Q90  float64 `json:"q90"`
	Q95  float64 `json:"q95"`
}

type forecastBacktest struct {
	MASE      *float64 `json:"mase"`
	NaiveMASE *float64 `json:"mase_seasonal_naive"`
	Pinball   *float64 `json:"pinball"`
	Coverage  *float64 `json:"coverage80"`
}

type forecastLimit struct {
	Limit       float64             `json:"limit"`
	T10         any                 `json:"t10"`
	T50         any                 `json:"t50"`
	T90         any                 `json:"t90"`
	Probability map[string]*float64 `json:"probability"`
}

// answer forecasts from each origin. The back-test is that of the origins themselves where the file goes on
// after them, else the forecast's own. Limit and withheld speak of the latest origin.
func (in *forecastInput) answer() forecastAnswer {
	var forecaster capacity.Forecaster
	var out forecastAnswer
	var last capacity.Result
	var forecasts [][]capacity.Quantiles
	for _, o := range in.origins {
		r := forecaster.Forecast(in.series, o, in.options)
		forecasts = append(forecasts, r.Quantiles)
		of := forecastOrigin{Origin: o, Model: r.Model, Quantiles: []forecastValues{}}
		for h, q := range r.Quantiles {
			of.Quantiles = append(of.Quantiles, forecastValues{h + 1, q.Q10, q.Q50, q.Q90, q.Q95})
		}
		out.Origins = append(out.Origins, of)
		if r.Origin >= last.Origin {
			last = r
		}
	}
	score := capacity.Measure(in.series.Values, in.options.Season, in.origins, forecasts)
	if score.N == 0 {
		score = last.Backtest
	}
	out.Backtest = forecastBacktest{finite(score.MASE), finite(score.NaiveMASE), finite(score.Pinball), finite(score.Coverage80)}
	if last.Withheld != "" {
		out.Withheld = &last.Withheld
	}
	for _, s := range last.Shifts {
		out.Shifts = append(out.Shifts, s.At)
	}
	if in.limit != nil {
		out.Limit = in.reaches(&forecaster, last, *in.limit)
	}
	return out
}

func (in *forecastInput) reaches(forecaster *capacity.Forecaster, r capacity.Result, limit float64) *forecastLimit {
	out := &forecastLimit{Limit: limit, Probability: map[string]*float64{}}
	crossing := r.Reaches(in.series, limit)
	far := crossing
	if long := int(180 * day / max(in.step(), time.Millisecond)); in.step() >= day && in.options.Horizon < long && r.Withheld == "" {
		options := in.options
		options.Horizon = long
		longer := forecaster.Forecast(in.series, r.Origin, options)
		far = longer.Reaches(in.series, limit)
	}
	withheld := r.Withheld != "" && !crossing.T50.Now()
	for _, days := range []int{30, 90, 180} {
		var probability *float64
		if p, ok := far.Probability(days); ok && !withheld {
			probability = &p
		}
		out.Probability[strconv.Itoa(days)] = probability
	}
	if withheld {
		return out
	}
	out.T10, out.T50, out.T90 = daysJSON(crossing.T10), daysJSON(crossing.T50), daysJSON(crossing.T90)
	return out
}

func daysJSON(d capacity.Days) any {
	switch {
	case d.Never():
		return "never"
	case d.Now():
		return "now"
	}
	return float64(d)
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func (a forecastAnswer) write(w io.Writer, format string) error {
	switch format {
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(a)
	case "csv":
		return a.writeCSV(w)
	}
	return a.writeTable(w)
}

func (a forecastAnswer) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	errs := []error{out.Write([]string{"origin", "step", "q10", "q50", "q90", "q95"})}
	for _, o := range a.Origins {
		for _, q := range o.Quantiles {
			errs = append(errs, out.Write([]string{strconv.Itoa(o.Origin), strconv.Itoa(q.Step), number(q.Q10), number(q.Q50), number(q.Q90), number(q.Q95)}))
		}
	}
	out.Flush()
	return errors.Join(append(errs, out.Error())...)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func (a forecastAnswer) writeTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, o := range a.Origins {
		fmt.Fprintf(table, "From the first %d values: %s\n", o.Origin, orWord(o.Model, "no forecast"))
		if len(o.Quantiles) > 0 {
			fmt.Fprintln(table, "STEP\tQ10\tQ50\tQ90\tQ95")
		}
		for _, q := range o.Quantiles {
			fmt.Fprintf(table, "%d\t%.6g\t%.6g\t%.6g\t%.6g\n", q.Step, q.Q10, q.Q50, q.Q90, q.Q95)
		}
	}
	b := a.Backtest
	fmt.Fprintf(table, "\nBack-test: MASE %s, seasonal naive %s, pinball %s, 80 %% intervals hold %s\n",
		numberOr(b.MASE), numberOr(b.NaiveMASE), numberOr(b.Pinball), numberOr(b.Coverage))
	if l := a.Limit; l != nil && l.T50 != nil {
		fmt.Fprintf(table, "Limit %g: earliest %s, middle %s, latest %s\n", l.Limit, daysText(l.T10), daysText(l.T50), daysText(l.T90))
		for _, days := range []string{"30", "90", "180"} {
			if p := l.Probability[days]; p != nil {
				fmt.Fprintf(table, "Within %s days: %.0f %%\n", days, 100**p)
			}
		}
	}
	for _, at := range a.Shifts {
		fmt.Fprintf(table, "Shift after %d values: what was before it is not fitted\n", at)
	}
	if a.Withheld != nil {
		fmt.Fprintf(table, "No date is given: %s\n", *a.Withheld)
	}
	return table.Flush()
}

func orWord(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func numberOr(x *float64) string {
	if x == nil {
		return "unknown"
	}
	return strconv.FormatFloat(*x, 'f', 3, 64)
}

func daysText(d any) string {
	if days, ok := d.(float64); ok {
		return fmt.Sprintf("in %g days", days)
	}
	return fmt.Sprint(d)
}
