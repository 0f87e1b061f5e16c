package live

import (
	"sync"

	"ninewatch/collector/topology"
)

// Users are the people behind devices that are lost.
func (v *View) Users(lost []Lost) float64 {
	sum := 0.0
	for _, l := range lost {
		if at, ok := v.Network.Node(l.Device); ok {
			sum += v.Network.Nodes[at].Weight
		}
	}
	return sum
}

// crowds are the users behind groups, by name: it takes a look at the whole network to tell of one, so that is done when
// somebody asks.
type crowds struct {
	sync.Mutex
	users map[string]float64
}

// UsersBehind are those who lose the network when all members of a group of the view fail at once; 0 where that cannot be
// told.
func (v *View) UsersBehind(g *Group) float64 {
	v.crowds.Lock()
	defer v.crowds.Unlock()
	users, known := v.crowds.users[g.Name]
	if !known {
		users = v.usersBehind(g)
		v.crowds.users[g.Name] = users
	}
	return users
}

func (v *View) usersBehind(g *Group) float64 {
	if g.within != "" {
		x := v.Fails("node", g.within)
		return v.Users(append(x.Lost, Lost{Device: g.within}))
	}
	r := topology.Risk{Name: g.Name}
	for _, m := range g.of {
		switch {
		case len(m.ports) > 0:
			r.Members = append(r.Members, m.ports[0])
		case m.device != "":
			r.Members = append(r.Members, m.device)
		}
	}
	most := 0.0
	for _, i := range []*topology.Impact{v.Core, v.Outside} {
		if i != nil && len(r.Members) > 0 {
			l, _ := i.Risk(r)
			most = max(most, l.Weight)
		}
	}
	return most
}
